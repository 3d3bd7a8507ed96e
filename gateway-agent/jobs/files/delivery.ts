import type { Client } from '#core/contracts/client.ts'
import type { Seal } from '#core/contracts/guest-files.ts'
import { asXenkeepError, toProblem } from '#core/errors/base.ts'
import { QuestionWithdrawnError } from '#core/errors/guest-files.ts'
import type { Clock } from '#core/ports.ts'
import { backOff, type Patience } from '../../control/patience.ts'
import { AnswerUndeliveredError } from './errors.ts'

/** Puts bytes where the control plane said. @throws whatever; it is tried again */
export type PutPart = (
  url: string,
  bytes: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
) => Promise<void>

export interface DeliveryHost {
  client: Pick<Client, 'call'>
  put: PutPart
  jobId: string
  /** Of the lease as it stands. */
  epoch: () => number
  patience: Patience
  /** between 0 and 1 */
  random: () => number
  clock: Clock
}

/** How long a control plane or a store that is away is waited for, in ms; as long as a look without questions stays open. */
const WAIT_MS = 5 * 60_000

/** A lease that ran out unseen is given to us again within so long, in ms. */
const ADOPTION_MS = 1_000

/** Hands over one answer: parts in their order, then that it is whole, or why it is not. Every call may be made again. */
export const createDelivery = (
  host: DeliveryHost,
  { questionId, seal, signal }: { questionId: string; seal: Seal; signal: AbortSignal },
) => {
  const { client, put, jobId, epoch, patience, random, clock } = host

  /** Tries until it works, time is over, or it is hopeless. */
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    const until = clock.now() + WAIT_MS
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted()
      const held = epoch()
      try {
        return await work()
      } catch (error) {
        signal.throwIfAborted()
        const { code, retryable } = asXenkeepError(error)
        if (code === 'EPOCH_OUTDATED') {
          await patience.wait(ADOPTION_MS, signal)
          if (epoch() !== held) continue
        }
        if (!retryable || clock.now() >= until) throw error
        await patience.wait(backOff(attempt, random()), signal)
      }
    }
  }

  type Body =
    | { part: { number: number; bytes: number } }
    | { done: { parts: number } }
    | { problem: ReturnType<typeof toProblem> }
  const tell = async (body: Body) => {
    const reply = await client.call('answerQuestion', {
      params: { jobId },
      body: { epoch: epoch(), questionId, ...('part' in body && { seal }), ...body },
      signal,
    })
    if (reply.withdrawn) throw new QuestionWithdrawnError()
    return reply
  }

  return {
    part: (number: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> =>
      // Asked for anew each time: the address of before may have expired meanwhile.
      patiently(async () => {
        const { url } = await tell({ part: { number, bytes: bytes.length } })
        if (url === undefined)
          throw new AnswerUndeliveredError('the control plane names no place for it')
        await put(url, bytes, signal).catch(error => {
          throw error instanceof AnswerUndeliveredError
            ? error
            : new AnswerUndeliveredError('the store for transit does not take it', { cause: error })
        })
      }),
    done: async (parts: number): Promise<void> => {
      await patiently(() => tell({ done: { parts } }))
    },
    problem: async (error: unknown): Promise<void> => {
      await patiently(() => tell({ problem: toProblem(error) }))
    },
  }
}
