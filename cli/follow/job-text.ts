import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { JobView } from '#core/contracts/runs-api.ts'
import { filesLine } from '#core/files/files-line.ts'
import { maintenanceLine } from '#core/maintenance/lines.ts'
import { consistencyText } from '#core/points/consistency-text.ts'
import { lockText } from '#core/points/lock-text.ts'
import { standbyLine } from '#core/replication/standby-line.ts'
import { componentRestoredLine } from '#core/restore/component-restored-line.ts'
import { disksRestoredLine } from '#core/restore/disks-restored-line.ts'
import { MEMORY_IMAGE } from '#core/restore/resume.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes } from '../output/units.ts'

/** @returns how a point was read: `full`, `incremental`, `mixed` (some disks of each), `no disks` */
export const pointKind = ({
  disks,
  contents,
}: Pick<PointSummary, 'disks' | 'contents'>): string => {
  if (contents) return 'full'
  if (disks.length === 0) return 'no disks'
  // Memory is another one each time, and tells nothing of how the disks were read.
  const read = disks.filter(({ userdevice }) => userdevice !== 'memory')
  const incremental = read.filter(disk => disk.incremental).length
  if (incremental === 0) return 'full'
  return incremental === read.length ? 'incremental' : 'mixed'
}

/** @returns why disks were read as they were, and which are missing; each sentence once, safe to print */
export const pointReasons = ({ disks, skipped, weakerBecause }: PointSummary): string[] => {
  const everywhere = new Set(disks.flatMap(disk => disk.reasons))
  const reasons = [...everywhere].map(reason => {
    const where = disks.filter(disk => disk.reasons.includes(reason))
    return where.length === disks.length
      ? reason
      : `disk ${where.map(disk => disk.userdevice).join(', ')}: ${reason}`
  })
  const missing = skipped.map(
    disk => `disk ${disk.userdevice} is not in this point: ${disk.reason}`,
  )
  const weaker = weakerBecause ? [weakerBecause] : []
  return [...weaker, ...reasons, ...missing].map(safeText)
}

/** @returns what is to be known of a point beside that; safe to print */
export const pointFacts = ({ facts = [], group }: PointSummary): string[] =>
  [...(group ? [groupText(group)] : []), ...facts].map(safeText)

const groupText = ({ members, skewMs }: NonNullable<PointSummary['group']>): string =>
  members > 1
    ? `snapshotted together with ${count(members - 1, 'other VM')}, at most ${Math.ceil(skewMs)} ms apart`
    : 'alone: no other VM of its group could be snapshotted'

/** @returns what became of a job, in one line */
const outcomeText = (outcome: JobOutcome): string => {
  switch (outcome.status) {
    case 'backed-up': {
      const { point } = outcome
      const figures = `read ${formatBytes(point.bytesRead)}, new ${formatBytes(point.bytesNew)}, stored ${formatBytes(point.bytesStored)}`
      const locked = point.lock ? `, locked ${lockText(point, 0)}` : ''
      if (point.kind === 'site') return `sealed${locked}: stored ${formatBytes(point.bytesStored)}`
      return `backed up, ${pointKind(point)}, ${consistencyText(point)}: ${figures}${locked}`
    }
    case 'restored': {
      const { report } = outcome
      const disks = report.disks.filter(({ userdevice }) => userdevice !== MEMORY_IMAGE)
      const memory = disks.length < report.disks.length ? ' and its memory' : ''
      return safeText(
        `restored as "${report.newName}": ${count(disks.length, 'disk')}${memory}, ${formatBytes(report.bytesWritten)} written, content proven equal to the point${report.started ? ', started' : ''}`,
      )
    }
    case 'disks-restored':
      return safeText(disksRestoredLine(outcome.report))
    case 'boot-checked':
      return safeText(outcome.result.sentence)
    case 'replicated':
    case 'failed-over':
    case 'rejoined':
      return safeText(standbyLine(outcome))
    case 'points-removed':
    case 'garbage-collected':
    case 'verified':
    case 'points-locked':
    case 'replica-compared':
      return safeText(maintenanceLine(outcome))
    case 'component-restored':
      return safeText(componentRestoredLine(outcome.report))
    case 'files-read':
      return safeText(filesLine(outcome.report))
    case 'program-ran':
      return safeText(outcome.said ? `it ran: ${outcome.said}` : 'it ran')
    case 'planned':
      return 'planned; nothing was done'
    case 'skipped':
      return safeText(`skipped: ${outcome.reason}`)
    case 'failed':
      return safeText(`failed: ${outcome.problem.message}`)
    case 'cancelled':
      return safeText(['cancelled', ...(outcome.notes ?? [])].join('; '))
  }
}

/** @returns where a job stands, in one line */
export const jobText = (job: JobView): string => {
  if (job.outcome) return outcomeText(job.outcome)
  if (job.state === 'queued')
    return job.attempts === 0 ? 'waiting for a gateway' : 'waiting to be taken up again'
  return safeText(job.progress?.phase || 'taken up by a gateway')
}
