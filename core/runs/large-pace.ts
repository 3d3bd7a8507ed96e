import { timeLeftText } from './pace.ts'
import type { Run } from './run.ts'
import type { QueueTally, Tally } from './tally.ts'

/** So many jobs of a queue have to have ended well before their mean says something: of 20 that differ as much as jobs do, it is off by a quarter or so. */
const ENOUGH = 20
/** And for so long: what a gateway answers at once is no work. Milliseconds. */
const LONG_ENOUGH = 60_000
/** A queue where nothing has ended for so long stands still, or works on something large: nothing honest can be said. Milliseconds. */
const STILL = 15 * 60_000

/**
 * The time left of a large run, by what its jobs took so far. Each queue goes at a pace of its own, so the run lasts as long as the slowest of them. Jobs that
 * failed, or were left out, took no time worth naming and say nothing of the others.
 * @param now ms since 1970
 * @returns seconds only where every queue can be told of; undefined where nothing can be said
 */
export const largeRunTimeLeft = (
  { started, counted, cancelRequested }: Pick<Run, 'started' | 'counted' | 'cancelRequested'>,
  { queues = {} }: Tally,
  now: number,
): { text: string; seconds?: number } | undefined => {
  if (!counted?.inQueues || cancelRequested) return undefined
  const open = counted.queues.map((queue, index) => {
    const tally = queues[queue]
    const jobs = (counted.inQueues?.[index] ?? 0) - (tally?.ended ?? 0)
    return { jobs, seconds: tally && secondsFor(jobs, tally, started, now) }
  })
  const waiting = open.filter(({ jobs }) => jobs > 0)
  const known = waiting.flatMap(({ jobs, seconds }) =>
    seconds === undefined ? [] : [{ jobs, seconds }],
  )
  if (known.length === 0) return undefined
  const seconds = Math.ceil(Math.max(...known.map(queue => queue.seconds)))
  const text = timeLeftText(seconds)
  if (known.length === waiting.length) return { text, seconds }
  const sum = (of: readonly { jobs: number }[]) => of.reduce((all, { jobs }) => all + jobs, 0)
  const [told, all] = [sum(known), sum(waiting)]
  return {
    text: `${text} for ${told} of ${all} open jobs; of the other ${all - told} it is not known yet`,
  }
}

const secondsFor = (
  jobs: number,
  { good, last }: QueueTally,
  started: number,
  now: number,
): number | undefined => {
  const passed = now - started
  if (good < ENOUGH || passed < LONG_ENOUGH || now - last > STILL) return undefined
  return (jobs * passed) / good / 1_000
}
