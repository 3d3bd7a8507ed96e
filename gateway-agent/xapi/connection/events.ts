import { isXapiError } from '#core/errors/xenserver.ts'
import type { Xapi } from '../api.ts'
import { backoff } from '../backoff.ts'
import { EventBatch } from '../records.ts'

/**
 * `event.from`: waits until something of the classes has changed since a token, or until it has waited long enough. Where XAPI does not know
 * the token any more, everything that is there counts as changed.
 *
 * @param classes as XAPI names them: `vm`, `task/OpaqueRef:…`
 * @param token of the batch before; empty the first time
 * @param wait seconds; a fraction makes it a `<double>` on the wire, as the data model asks
 */
export const eventsSince = async (
  { call, waiting }: Pick<Xapi, 'call' | 'waiting'>,
  classes: readonly string[],
  token: string,
  { wait, signal }: { wait: number; signal?: AbortSignal | undefined },
): Promise<EventBatch> => {
  const options = { timeout: (wait + 30) * 1_000, ...(signal && { signal }) }
  for (let lost = 0; ; lost++)
    try {
      const since = lost === 0 ? token : ''
      return await call('event.from', [[...classes], since, wait], EventBatch, options)
    } catch (error) {
      if (!isXapiError(error, 'EVENT_FROM_TOKEN_PARSE_FAILURE', 'EVENTS_LOST')) throw error
      await waiting.sleep(backoff(lost, waiting), signal)
    }
}
