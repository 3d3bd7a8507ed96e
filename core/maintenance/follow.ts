import { keys } from '../catalog/keys.ts'
import type {
  RemovalReport,
  RemovePointsSpec,
  VerificationReport,
} from '../contracts/maintenance.ts'
import { NAMED_AT_MOST, type NotificationEvent } from '../contracts/notifications.ts'
import type { PointSummary } from '../contracts/points.ts'
import { announcement } from '../notifications/announce.ts'
import { forgetPoint } from '../points/forget.ts'
import type { Catalog } from '../ports.ts'
import { putComparisonFailed } from '../replicated/replicated-catalog.ts'
import type { Job } from '../runs/job.ts'
import { followHeldLocks } from './follow-held-locks.ts'
import { unmarkAll } from './removals.ts'
import { changeRepositoryState } from './state.ts'

/**
 * Lets the catalog follow what a finished job did to the repository. Doing it again, or later than that of a newer job, changes nothing.
 */
export const followMaintenance = async (catalog: Catalog, job: Job, now: number): Promise<void> => {
  const { outcome, jobId, runId, spec } = job
  if (spec.kind === 'remove-points' && job.state === 'finished') {
    if (outcome?.status === 'points-removed')
      for (const pointId of goneOf(spec, outcome.report)) await forgetPoint(catalog, pointId)
    await unmarkAll(catalog, job, now)
  }
  if (spec.kind === 'lock-held-points' && job.state === 'finished')
    await followHeldLocks(catalog, job, spec)
  if (spec.kind === 'compare-replica' && outcome?.status === 'failed')
    await putComparisonFailed(catalog, outcome.problem, job.finished ?? now)
  if (outcome?.status === 'garbage-collected') {
    const { report } = outcome
    await changeRepositoryState(catalog, before =>
      (before.collection?.report.at ?? -1) >= report.at
        ? before
        : { ...before, collection: { runId, report } },
    )
  }
  if (outcome?.status === 'verified') {
    // Kept once: of a verification that does not tell it, that of the one before stands.
    const { readBack, ...report } = outcome.report
    const event = report.damages > 0 ? await damageFound(catalog, job, report) : undefined
    await changeRepositoryState(
      catalog,
      before =>
        (before.verification?.report.at ?? -1) >= report.at
          ? before
          : {
              ...before,
              verification: { jobId, runId, report },
              ...(readBack && { readBack: { at: report.at, result: readBack } }),
            },
      () => (event ? announcement(event) : []),
    )
  }
}

/** Of what is gone only what the job was asked to remove: a report takes nothing else out of the catalog. */
const goneOf = ({ points }: RemovePointsSpec, { removed, absent }: RemovalReport): string[] => {
  const asked = new Set(points.map(({ pointId }) => pointId))
  return [...removed, ...absent].filter(pointId => asked.has(pointId))
}

/** Bears the id of its job, so that it is told once. */
const damageFound = async (
  catalog: Catalog,
  { jobId, runId }: Job,
  { at, damages, findings, affected }: VerificationReport,
): Promise<NotificationEvent> => {
  const named = await Promise.all(
    affected.slice(0, NAMED_AT_MOST).map(async pointId => {
      const point = (await catalog.get<PointSummary>(keys.point(pointId)))?.value
      return { pointId, name: point?.vmName ?? '', ...(point && { taken: point.taken }) }
    }),
  )
  return {
    kind: 'damage-found',
    eventId: jobId,
    at,
    during: 'verification',
    runId,
    findings: findings.slice(0, NAMED_AT_MOST).map(({ message }) => message),
    total: damages,
    points: named,
    pointsTotal: affected.length,
  }
}
