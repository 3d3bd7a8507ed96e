import type { Client } from '#core/contracts/client.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { JobContext } from '../../control/leased-job.ts'
import { backOff, type Patience } from '../../control/patience.ts'

/** Asks the control plane whether a point may be removed now. @returns why not, one sentence */
export type ConfirmRemoval = (pointId: string, signal: AbortSignal) => Promise<string | undefined>

/** Nothing is removed without an answer: a control plane that is away is waited for. */
export const confirmRemovals =
  (
    { client, patience, random }: { client: Client; patience: Patience; random: () => number },
    jobId: string,
    { epoch }: Pick<JobContext, 'epoch'>,
  ): ConfirmRemoval =>
  async (pointId, signal) => {
    for (let attempt = 0; ; attempt++) {
      try {
        const { remove, because } = await client.call('confirmRemoval', {
          params: { jobId },
          body: { epoch: epoch(), pointId },
          signal,
        })
        return remove ? undefined : (because ?? 'the control plane did not say why')
      } catch (error) {
        signal.throwIfAborted()
        if (!asXenkeepError(error).retryable) throw error
        await patience.wait(backOff(attempt, random()), signal)
      }
    }
  }
