import { backOff, type Patience } from '../../control/patience.ts'
import type { Log } from '../../log.ts'
import type { GatewayCalls } from './gateway-calls.ts'
import type { HoldStill } from './hold-still.ts'

export interface FreezeLine {
  /** Why it does not wait for commands just now, a sentence. */
  problem(): string | undefined
  /** Fetches commands of the gateway and does them, until `signal` is aborted or the settings are others. */
  run(signal: AbortSignal): Promise<void>
}

/** Whoever refuses a call does so at once; one that waits for so long, in ms, waits for a command. */
const REFUSED_WITHIN_MS = 1_000

/** @param changed the problem is another one, or gone */
export const createFreezeLine = ({
  calls,
  holdStill,
  isCurrent,
  changed,
  patience,
  random,
  log,
}: {
  calls: GatewayCalls
  holdStill: HoldStill
  /** Whether the settings are still those of this line; it ends where they are not. */
  isCurrent: () => Promise<boolean>
  changed: () => void
  patience: Patience
  /** between 0 and 1 */
  random: () => number
  log: Log
}): FreezeLine => {
  let problem: string | undefined
  const tell = (now: string | undefined): void => {
    if (now === problem) return
    problem = now
    if (now === undefined)
      log.info('The gateway is reached, and may ask this machine to hold still.')
    else log.warn(`The gateway cannot ask this machine to hold still: ${now}`)
    changed()
  }
  return {
    problem: () => problem,
    async run(signal) {
      problem = 'It has not reached the gateway yet.'
      for (let failures = 0; !signal.aborted; ) {
        // Not while this machine stands still: a command to thaw is on its way.
        if (!holdStill.isHolding() && !(await isCurrent())) break
        let waiting: NodeJS.Timeout | undefined
        try {
          const command = await calls
            .next(signal, () => {
              clearTimeout(waiting)
              waiting = setTimeout(() => tell(undefined), REFUSED_WITHIN_MS)
            })
            .finally(() => clearTimeout(waiting))
          failures = 0
          tell(undefined)
          // One that cannot be told is given again, and answered as the first time.
          if (command?.command === 'freeze') await calls.prepare()
          if (command) await calls.answer(await holdStill.answer(command, signal), signal)
        } catch (error) {
          if (signal.aborted) break
          tell(error instanceof Error ? error.message : String(error))
          await patience.wait(backOff(failures++, random()), signal)
        }
      }
      await holdStill.close()
      calls.close()
    },
  }
}
