import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import type { StartRunRequest } from '#core/contracts/runs-api.ts'
import { RelayedError } from '#core/errors/base.ts'
import { StartUnansweredError } from '../errors.ts'
import { ExitCode, exitCodeOf } from '../exit-codes.ts'

/** How often and for how long a control plane that went away in mid-call is asked again: it is started again within seconds. */
const ASK_AGAIN_MS = 500
const TIMES = 60

/**
 * Starts a run. Where the connection is lost before the answer, nobody knows whether it was started: the same request is sent again, under
 * the same key, so that there is one run whatever became of the first.
 * @returns the run's id
 * @throws `CONTROL_PLANE_UNREACHABLE` when no answer comes, errors of the call
 */
export const startOnce = async (
  client: Client,
  body: z.input<typeof StartRunRequest>,
): Promise<string> => {
  const idempotencyKey = randomUUID()
  for (let attempt = 1; ; attempt++)
    try {
      return (await client.call('startRun', { body, idempotencyKey })).runId
    } catch (error) {
      if ((error as { code?: unknown }).code === 'IDEMPOTENCY_KEY_IN_USE' && attempt < TIMES) {
        await sleep(ASK_AGAIN_MS)
        continue
      }
      // Whatever was answered is an answer, also that a gateway is silent.
      const silent =
        !(error instanceof RelayedError) &&
        exitCodeOf(error as { code: string }) === ExitCode.unreachable
      // Whoever was never heard has not started anything.
      const timedOut = hasCode(error, TIMED_OUT)
      if (!silent || (attempt === 1 && !timedOut && !hasCode(error, BROKEN))) throw error
      // Minutes were waited already.
      if (attempt === TIMES || timedOut) throw new StartUnansweredError(error)
      await sleep(ASK_AGAIN_MS)
    }
}

/** A connection that was there broke, as undici and the system name it. */
const BROKEN = new Set<unknown>(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
/** The request was sent, and undici gave up waiting for its answer. */
const TIMED_OUT = new Set<unknown>(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

const hasCode = (error: unknown, codes: ReadonlySet<unknown>): boolean => {
  for (let at = error; at instanceof Error; at = at.cause)
    if (codes.has((at as { code?: unknown }).code)) return true
  return false
}
