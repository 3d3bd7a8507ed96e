import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { LockHeldPointsSpec } from '../contracts/held-locks.ts'
import type { JobOutcome } from '../contracts/jobs.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { AGAIN_MS, forgetHeldLock, type HeldLock, putHeldLock } from './held-locks.ts'

/** Enters what a job that locked held points came to: with each point, and with what is known of its lock. */
export const followHeldLocks = async (
  catalog: Catalog,
  { outcome, finished = 0 }: Job,
  { points }: LockHeldPointsSpec,
): Promise<void> => {
  const report = outcome?.status === 'points-locked' ? outcome.report : undefined
  const told = new Map(report?.points.map(point => [point.pointId, point]))
  for (const { pointId, vmUuid } of points) {
    const found: HeldLock = { pointId, vmUuid, at: finished, again: finished + AGAIN_MS.locked }
    const { lock, because = whyNot(outcome), released } = told.get(pointId) ?? {}
    if (released) await catalog.write([forgetHeldLock(pointId)])
    else if (report?.unsupported !== undefined)
      await putHeldLock(catalog, { ...found, unsupported: report.unsupported })
    else if (lock) {
      await putHeldLock(catalog, { ...found, lock })
      await putLock(catalog, pointId, lock)
    } else await putHeldLock(catalog, { ...found, because, again: finished + AGAIN_MS.failed })
  }
}

const whyNot = (outcome: JobOutcome | undefined): string => {
  switch (outcome?.status) {
    case 'failed':
      return outcome.problem.message.slice(0, 500)
    case 'skipped':
      return outcome.reason
    case 'cancelled':
      return 'The run that was to lock it was cancelled.'
    default:
      return 'The gateway did not tell of it.'
  }
}

/** What the store showed last is what lists show, and what retention goes by. */
const putLock = (
  catalog: Catalog,
  pointId: string,
  lock: NonNullable<PointSummary['lock']>,
): Promise<void> =>
  retryOnConflict(async () => {
    const item = await catalog.get<PointSummary>(keys.point(pointId))
    if (!item || (item.value.lock?.asked ?? 0) >= lock.asked) return
    const value: PointSummary = { ...item.value, lock }
    const expect = { version: item.version }
    await catalog.write([
      { kind: 'put', key: keys.point(pointId), value, expect },
      { kind: 'put', key: keys.vmPoint(value.vmUuid, pointId), value, expect: 'any' },
    ])
  })
