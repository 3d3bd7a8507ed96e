import type { FreezeRequest, Frozen, QuiesceProvider } from './provider.ts'

/** The guest could not be brought to rest; the message is a clause. */
export class GuestNotFrozenError extends Error {}

type Verdict = { held: true; consistency: Frozen['consistency'] } | { held: false; why: string }

/**
 * Keeps a guest frozen around a piece of work, and judges afterwards. The watchdog is here, outside the frozen system: when the time that
 * the guest promised is over, it is thawed, whatever the work is at, and the freeze counts as not held.
 */
export const holdStill = (provider: QuiesceProvider, request: FreezeRequest) => {
  let stoodStillMs: number | undefined
  let verdict: Verdict = { held: false, why: 'the guest was not frozen' }
  return {
    /** @throws {GuestNotFrozenError}, and what the work throws; the guest is thawed in any case */
    async around<T>(work: () => Promise<T>): Promise<T> {
      const frozen = await provider.freeze(request).catch(error => {
        throw new GuestNotFrozenError(error instanceof Error ? error.message : String(error), {
          cause: error,
        })
      })
      const from = performance.now()
      let over = false
      let thawing: ReturnType<Frozen['thaw']> | undefined
      const thaw = () => {
        thawing ??= frozen.thaw()
        return thawing
      }
      const watchdog = setTimeout(() => {
        over = true
        void thaw()
      }, frozen.seconds * 1_000)
      try {
        return await work()
      } finally {
        clearTimeout(watchdog)
        const answer = await thaw()
        stoodStillMs = performance.now() - from
        if (over)
          verdict = {
            held: false,
            why: `the snapshot was not confirmed within the ${frozen.seconds} s that the guest holds still`,
          }
        else verdict = answer.held ? { held: true, consistency: frozen.consistency } : answer
      }
    },
    /** Whether the guest held still until the work was done. */
    verdict: () => verdict,
    /** From its word that it is frozen to its word that it goes on, in ms; nothing where it was not frozen. */
    stoodStillMs: () => stoodStillMs,
  }
}
