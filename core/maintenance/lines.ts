import { formatBytes } from '../bytes-text.ts'
import type { HeldLocksReport } from '../contracts/held-locks.ts'
import type { JobOutcome } from '../contracts/jobs.ts'
import type {
  CollectionReport,
  RemovalReport,
  VerificationReport,
} from '../contracts/maintenance.ts'
import type { ComparisonReport } from '../contracts/replicated-points.ts'
import { countText } from '../count-text.ts'
import { lagText } from '../replicated/text.ts'
import type { Job } from '../runs/job.ts'

type Of<S extends JobOutcome['status']> = Extract<JobOutcome, { status: S }>

/** What one job on the repository came to, in one line. */
export const maintenanceLine = (
  outcome:
    | Of<'points-removed'>
    | Of<'garbage-collected'>
    | Of<'verified'>
    | Of<'points-locked'>
    | Of<'replica-compared'>,
): string => {
  switch (outcome.status) {
    case 'points-removed':
      return removalText([outcome.report])
    case 'garbage-collected':
      return collectionText(outcome.report)
    case 'verified':
      return verificationText(outcome.report)
    case 'points-locked':
      return heldLocksText([outcome.report])
    case 'replica-compared':
      return comparisonText(outcome.report)
  }
}

/**
 * What a run over several of them came to: one sentence for each step, and the trouble of those that failed.
 * @param trouble says why a job came to nothing
 */
export const maintenanceRunLine = (jobs: readonly Job[], trouble: (job: Job) => string): string => {
  const removals = jobs.flatMap(({ outcome }) =>
    outcome?.status === 'points-removed' ? [outcome.report] : [],
  )
  const locks = jobs.flatMap(({ outcome }) =>
    outcome?.status === 'points-locked' ? [outcome.report] : [],
  )
  const rest = jobs.flatMap(({ outcome }) =>
    outcome?.status === 'garbage-collected' ||
    outcome?.status === 'verified' ||
    outcome?.status === 'replica-compared'
      ? [maintenanceLine(outcome)]
      : [],
  )
  const ended = new Set([
    ...['points-removed', 'points-locked', 'garbage-collected', 'verified', 'replica-compared'],
  ])
  const failed = jobs.filter(({ outcome }) => outcome && !ended.has(outcome.status)).map(trouble)
  const sentences = [
    ...(removals.length > 0 ? [removalText(removals)] : []),
    ...(locks.length > 0 ? [heldLocksText(locks)] : []),
    ...rest,
    ...failed,
  ]
  return sentences.length > 0 ? sentences.join(' ') : 'There was nothing to do.'
}

const points = (count: number): string => (count === 1 ? '1 point' : `${count} points`)

const removalText = (reports: readonly RemovalReport[]): string => {
  const removed = reports.reduce((sum, report) => sum + report.removed.length, 0)
  const absent = reports.reduce((sum, report) => sum + report.absent.length, 0)
  const kept = reports.flatMap(report => report.kept)
  const ends = kept.flatMap(({ lockedUntil }) => (lockedUntil === undefined ? [] : [lockedUntil]))
  const others = new Map<string, number>()
  for (const { because, lockedUntil } of kept)
    if (lockedUntil === undefined) others.set(because, (others.get(because) ?? 0) + 1)
  return `${[
    `${points(removed)} removed`,
    ...(absent > 0 ? [`${absent} were gone already`] : []),
    ...(ends.length > 0
      ? [`${ends.length} kept because they are locked, the first until ${day(Math.min(...ends))}`]
      : []),
    ...[...others].slice(0, 3).map(([because, count]) => `${count} kept: ${because}`),
    ...(others.size > 3 ? [`${others.size - 3} more reasons are told with the job`] : []),
  ].join(', ')}.`
}

const heldLocksText = (reports: readonly HeldLocksReport[]): string => {
  const [unsupported] = reports.flatMap(report => report.unsupported ?? [])
  if (unsupported !== undefined)
    return `Legal holds are not locked in the store, which cannot lock: ${unsupported}`
  const all = reports.flatMap(report => report.points)
  const ends = all.flatMap(({ lock }) => lock?.until ?? [])
  const failed = all.flatMap(({ because }) => because ?? [])
  const released = all.filter(point => point.released).length
  return `${[
    `${points(ends.length)} under a legal hold locked in the store${ends.length > 0 ? `, the first until ${day(Math.min(...ends))}` : ''}`,
    ...(released > 0 ? [`${released} not held any more`] : []),
    ...(failed.length > 0 ? [`${failed.length} NOT LOCKED: ${failed[0]}`] : []),
  ].join(', ')}.`
}

const collectionText = ({ removed, condemned, locked }: CollectionReport): string =>
  `${[
    `${formatBytes(removed.bytes)} freed`,
    ...(condemned.packs > 0
      ? [`${formatBytes(condemned.bytes)} more to be freed by a later run, a day from now or later`]
      : []),
    ...(locked.packs > 0
      ? [
          `${formatBytes(locked.bytes)} wait for the end of their lock${locked.until === undefined ? '' : `, the first on ${day(locked.until)}`}`,
        ]
      : []),
  ].join(', ')}.`

const verificationText = (report: VerificationReport): string => {
  const { damages, affected, packsRead, packs, bytesRead, points: read } = report
  const [first] = report.findings
  const looked =
    report.level === 0
      ? `${points(read)} compared with the listing`
      : `${points(read)} verified, ${packsRead} of ${countText(packs, 'pack')} (${formatBytes(bytesRead)}) read in full`
  if (damages === 0) return `${looked}, no damage found.`
  const which =
    affected.length > 0
      ? `, and parts of ${points(affected.length)} cannot be read`
      : ', and no point needs what is damaged'
  return `DAMAGE FOUND: ${damages === 1 ? '1 object is' : `${damages} objects are`} damaged${which}; ${looked}.${first ? ` ${first.message}` : ''}`
}

const comparisonText = ({
  place,
  points: all,
  restorable,
  lag,
  shut,
}: ComparisonReport): string => {
  if (shut !== undefined)
    return `NOTHING CAN BE OPENED in the second copy in ${place}, so no point can be restored from it: ${shut}`
  const behind = lag !== undefined && lag > 0 ? `, at most ${lagText(lag)} behind` : ''
  return `${restorable} of ${points(all)} could be restored from the second copy in ${place} alone${behind}.`
}

const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10)
