import type { z } from 'zod'
import {
  isXapiError,
  XapiError,
  XapiInterruptedError,
  XapiUnintelligibleError,
} from '#core/errors/xenserver.ts'
import type { Xapi } from '../api.ts'
import { backoff, type Waiting } from '../backoff.ts'
import type { Timeouts } from '../timeouts.ts'
import { rpc } from './rpc.ts'
import { isHostTrouble, type PoolSessions, type Session } from './session.ts'

/** About 2.5 minutes of patience in total: a toolstack restart takes one or two. */
const ATTEMPTS = 9

/**
 * Calls that may be sent again after an answer was lost: those that change nothing, and those whose second time changes
 * nothing more. A second `destroy` answers HANDLE_INVALID, which every caller takes for done.
 */
const isRepeatable = (method: string): boolean =>
  /\.(get_|set_|remove_from_|list_changed_blocks$|from$|inject$|destroy$|update_allowed_operations$)/.test(
    method,
  ) || method === 'system.listMethods'

type Repair = 'again' | 'later' | 'never'

/**
 * Calls with the session filled in; follows the coordinator, logs in again, waits where XAPI asks for it.
 * A session that has died is found before the message is carried out, so even a message that writes is sent again then.
 */
export const poolCall = (
  sessions: PoolSessions,
  waiting: Waiting,
  timeouts: Timeouts,
): Xapi['call'] => {
  const repair = async (error: unknown, session: Session, method: string): Promise<Repair> => {
    if (isXapiError(error, 'SESSION_INVALID')) {
      await sessions.drop(session)
      return 'again'
    }
    if (isXapiError(error, 'HOST_IS_SLAVE')) {
      await sessions.drop(session, error.parameters[0])
      return 'again'
    }
    if (isHostTrouble(error)) {
      await sessions.drop(session)
      return 'later'
    }
    if (error instanceof XapiError && error.code === 'XAPI_BUSY') return 'later'
    // Whoever is silent may be no coordinator any more: who is one is found out anew.
    if (error instanceof XapiInterruptedError && error.silent) await sessions.drop(session)
    if (error instanceof XapiInterruptedError && isRepeatable(method)) return 'later'
    return 'never'
  }

  return async (method, parameters, as, { signal, ...options } = {}) => {
    let replayed = 0
    for (let attempt = 0; ; attempt++) {
      let session: Session | undefined
      try {
        session = await sessions.get()
        const { ref, host } = session
        const value = await rpc(host, method, [ref, ...parameters], {
          timeout: timeouts.call,
          ...options,
          ...(signal && { signal }),
        })
        return decode(as, value, method)
      } catch (error) {
        signal?.throwIfAborted()
        const next = session
          ? await repair(error, session, method)
          : isHostTrouble(error) || error instanceof XapiInterruptedError
            ? 'later'
            : 'never'
        if (next === 'never' || attempt >= ATTEMPTS - 1) throw error
        if (next === 'again' && ++replayed > 2) throw error
        if (next === 'later') await waiting.sleep(backoff(attempt, waiting), signal)
      }
    }
  }
}

const decode = <T>(as: z.ZodType<T>, value: unknown, method: string): T => {
  const decoded = as.safeParse(value)
  if (decoded.success) return decoded.data
  const [issue] = decoded.error.issues
  throw new XapiUnintelligibleError(method, `${issue?.path.join('.')}: ${issue?.message}`)
}
