import type { JobProgress } from '../contracts/jobs.ts'
import type { JobView } from '../contracts/runs-api.ts'

/** How quick a job was lately. */
export interface Pace {
  bytesPerSecond: number
  /** How long it was looked at, in milliseconds. */
  measured: number
}

/** What of a job its pace is reckoned from. */
interface Progressing {
  pace?: Pace
  progress?: JobProgress
  /** ms since 1970 */
  progressAt?: number
}

/** Half of what is said comes from about the last 20 s, so that a pause neither hides nor rules. Milliseconds. */
const SMOOTHING = 30_000
/** Nothing is said before so long was looked at: the first seconds (opening disks, what is known already) tell nothing. Milliseconds. */
const BEFORE_SAYING = 10_000

/** @returns undefined where it has to be measured anew: a new phase, another amount of work, a job that was begun again */
export const nextPace = (
  { pace, progress: last, progressAt }: Progressing,
  progress: JobProgress,
  now: number,
): Pace | undefined => {
  if (!last || progressAt === undefined) return undefined
  const same = last.phase === progress.phase && last.bytesTotal === progress.bytesTotal
  if (!same || progress.bytesDone < last.bytesDone) return undefined
  const passed = now - progressAt
  if (passed <= 0) return pace
  // What an earlier attempt had done is taken over in no time.
  const worked = Math.max(0, workedOn(progress) - workedOn(last))
  const rate = (worked * 1000) / passed
  const weight = pace ? 1 - Math.exp(-passed / SMOOTHING) : 1
  const before = pace?.bytesPerSecond ?? 0
  return {
    bytesPerSecond: before + weight * (rate - before),
    measured: (pace?.measured ?? 0) + passed,
  }
}

const workedOn = ({ bytesDone, bytesResumed = 0 }: JobProgress): number => bytesDone - bytesResumed

/** @returns whole seconds; undefined while nothing honest can be said */
export const secondsLeft = ({ pace, progress }: Omit<Progressing, 'progressAt'>) => {
  if (!pace || !progress || pace.measured < BEFORE_SAYING || pace.bytesPerSecond < 1)
    return undefined
  const left = progress.bytesTotal - progress.bytesDone
  return left > 0 ? Math.ceil(left / pace.bytesPerSecond) : undefined
}

/** @returns no more precision than there is: `less than a minute`, `about 3 min`, `about 25 min`, `about 2.5 h`, `about 3 days` */
export const timeLeftText = (seconds: number): string => {
  const minutes = seconds / 60
  if (minutes < 1) return 'less than a minute'
  if (minutes < 9.5) return `about ${Math.round(minutes)} min`
  if (minutes < 87.5) return `about ${Math.round(minutes / 5) * 5} min`
  const hours = minutes / 60
  if (hours < 36) return `about ${Math.round(hours * 2) / 2} h`
  return `about ${Math.round(hours / 24)} days`
}

/**
 * The jobs of a run share line and hosts and go on at the same time: it lasts as long as the longest of them. How long one takes that
 * still waits nobody knows: how much it has to read shows only when it begins.
 *
 * @returns seconds only where every open job can be told of; undefined where nothing can be said
 */
export const runTimeLeft = (
  jobs: readonly Pick<JobView, 'state' | 'secondsLeft'>[],
): { text: string; seconds?: number } | undefined => {
  const known = jobs.flatMap(job => (job.state === 'leased' ? (job.secondsLeft ?? []) : []))
  const open = jobs.filter(({ state }) => state !== 'finished').length
  if (known.length === 0) return undefined
  const seconds = Math.max(...known)
  const text = timeLeftText(seconds)
  if (known.length === open) return { text, seconds }
  const others = open - known.length
  return {
    text: `${text} for ${known.length} of ${open} open jobs; of the ${others === 1 ? 'other one' : `other ${others}`} it is not known yet`,
  }
}
