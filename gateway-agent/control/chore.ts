import { asXenkeepError } from '#core/errors/base.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Patience } from './patience.ts'

/** Work that is repeated: every so often, and when poked. Never twice at once; a failure is logged when its code is a new one. */
export interface Chore {
  /** Do it soon, also when it runs just now. */
  poke(): void
  /** Repeats it until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>
}

export const createChore = ({
  name,
  everyMs,
  retryMs = limits.choreRetryMs,
  work,
  patience,
  log,
}: {
  name: string
  /** Milliseconds from the end of one turn to the start of the next. */
  everyMs: number
  /** The same after a failure. */
  retryMs?: number
  work: (signal: AbortSignal) => Promise<void>
  patience: Patience
  log: Log
}): Chore => {
  let poked = new AbortController()
  let lastCode: string | undefined
  return {
    poke: () => poked.abort(),
    async run(signal) {
      while (!signal.aborted) {
        poked = new AbortController()
        let pause = everyMs
        try {
          await work(signal)
          if (lastCode !== undefined) log.info(`${name} works again.`)
          lastCode = undefined
        } catch (error) {
          if (signal.aborted) return
          const { code } = asXenkeepError(error)
          if (code !== lastCode) log.warn(`${name} did not succeed and is tried again`, error)
          lastCode = code
          pause = Math.min(everyMs, retryMs)
        }
        await patience.wait(pause, AbortSignal.any([signal, poked.signal]))
      }
    },
  }
}
