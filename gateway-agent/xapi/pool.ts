import type { PoolOptions, Xapi } from './api.ts'
import { realWaiting, type Waiting } from './backoff.ts'
import { poolCall } from './connection/call.ts'
import { poolSessions } from './connection/session.ts'
import { runTask } from './connection/tasks.ts'
import { downloadFrom } from './handlers/download.ts'
import { uploadTo } from './handlers/upload.ts'
import { realTimeouts } from './timeouts.ts'

/** xapi-nbd takes 16 of everybody together; four are left for others. */
const CONNECTIONS_PER_HOST = 12

/**
 * Logs in to a pool, at whichever of its hosts the address names.
 * @throws at once, without trying again: `XAPI_UNREACHABLE`, `XAPI_CERTIFICATE_MISMATCH`, `XAPI_WRONG_PASSWORD`,
 * `XAPI_PLAIN_REFUSED`, `XAPI_TRUST_MISSING`
 */
export const openPool = async (
  options: PoolOptions,
  waiting: Waiting = realWaiting,
): Promise<Xapi> => {
  const timeouts = { ...realTimeouts, ...options.timeouts }
  const sessions = poolSessions(options, timeouts)
  try {
    await sessions.get()
  } catch (error) {
    await sessions.close()
    throw error
  }
  const call = poolCall(sessions, waiting, timeouts)
  return {
    poolUuid: sessions.poolUuid(),
    allowInsecureNbd: options.allowInsecureNbd ?? false,
    timeouts,
    connectionsPerHost: options.connectionsPerHost ?? CONNECTIONS_PER_HOST,
    watchIncidents: sessions.watchIncidents,
    waiting,
    call,
    run: runTask({ call, waiting, timeouts }),
    download: downloadFrom(sessions, { call, waiting }, { ...options, timeouts }),
    upload: uploadTo(sessions, { call, waiting }, { ...options, timeouts }),
    close: sessions.close,
  }
}
