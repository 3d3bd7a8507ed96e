import { isDeepStrictEqual } from 'node:util'
import { createTokenBucket, type TokenBucket } from '#adapters/wrap/token-bucket.ts'
import { rateAt } from '#core/bandwidth/plan.ts'
import type { BandwidthPlan } from '#core/contracts/bandwidth.ts'
import type { Clock } from '#core/ports.ts'
import { createChore } from './control/chore.ts'
import type { Patience } from './control/patience.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'

/** What the whole process may carry: whatever is at work shares the line. */
export interface Bandwidth {
  readonly toRepository: TokenBucket
  readonly fromXenServer: TokenBucket
  /** The plan in force. */
  plan(): BandwidthPlan
  /** Takes up changes of the plan, until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>
}

export interface BandwidthOptions {
  /** Of the start. */
  plan: BandwidthPlan
  /** Reads the plan again. @throws where it cannot be read: the one before stays */
  readPlan: () => Promise<BandwidthPlan>
  /** IANA name, for plans that name none. */
  timeZone: string
  clock: Clock
  sleep: (milliseconds: number) => Promise<void>
  patience: Patience
  log: Log
}

export const createBandwidth = ({
  plan,
  readPlan,
  timeZone,
  clock,
  sleep,
  patience,
  log,
}: BandwidthOptions): Bandwidth => {
  const ratesOf = (now: BandwidthPlan) => ({
    toRepository: rateAt(now.toRepository, now.timeZone ?? timeZone),
    fromXenServer: rateAt(now.fromXenServer, now.timeZone ?? timeZone),
  })
  let held = plan
  let rates = ratesOf(plan)
  const chore = createChore({
    name: 'Reading the bandwidth plan of the settings',
    everyMs: limits.bandwidthMs,
    async work() {
      const next = await readPlan()
      if (isDeepStrictEqual(next, held)) return
      held = next
      rates = ratesOf(next)
      log.info('The bandwidth plan of the settings has changed, and holds from now on.')
    },
    patience,
    log,
  })
  // Looked up at each payment: who waits feels a new plan, too.
  const bucketOf = (line: keyof typeof rates) =>
    createTokenBucket({ rateAt: instant => rates[line](instant), clock, sleep })
  return {
    toRepository: bucketOf('toRepository'),
    fromXenServer: bucketOf('fromXenServer'),
    plan: () => held,
    run: chore.run,
  }
}
