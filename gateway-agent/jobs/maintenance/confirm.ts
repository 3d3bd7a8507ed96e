import type { Client } from '#core/contracts/client.ts'
import type { ConfirmHeldReply } from '#core/contracts/held-locks.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { JobContext } from '../../control/leased-job.ts'
import { backOff, type Patience } from '../../control/patience.ts'

/** Asks the control plane whether a point may be removed now. @returns why not, one sentence */
export type ConfirmRemoval = (pointId: string, signal: AbortSignal) => Promise<string | undefined>

/** Asks the control plane whether a point is held now, and until when it has to be locked. */
export type ConfirmHeld = (pointId: string, signal: AbortSignal) => Promise<ConfirmHeldReply>

export interface ConfirmOptions {
  client: Pick<Client, 'call'>
  patience: Patience
  /** between 0 and 1 */
  random: () => number
}

/** Nothing is removed without an answer: a control plane that is away is waited for. */
export const confirmRemovals =
  (options: ConfirmOptions, jobId: string, { epoch }: Pick<JobContext, 'epoch'>): ConfirmRemoval =>
  async (pointId, signal) => {
    const { remove, because } = await askPatiently(options, signal, () =>
      options.client.call('confirmRemoval', {
        params: { jobId },
        body: { epoch: epoch(), pointId },
        signal,
      }),
    )
    return remove ? undefined : (because ?? 'the control plane did not say why')
  }

/** Nor is anything locked: nobody could take back a lock that is too long. */
export const confirmHolds =
  (options: ConfirmOptions, jobId: string, { epoch }: Pick<JobContext, 'epoch'>): ConfirmHeld =>
  (pointId, signal) =>
    askPatiently(options, signal, () =>
      options.client.call('confirmHeld', {
        params: { jobId },
        body: { epoch: epoch(), pointId },
        signal,
      }),
    )

/** A control plane that is away for a moment is waited for. */
export const askPatiently = async <T>(
  { patience, random }: Pick<ConfirmOptions, 'patience' | 'random'>,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      signal.throwIfAborted()
      if (!asXenkeepError(error).retryable) throw error
      await patience.wait(backOff(attempt, random()), signal)
    }
  }
}
