import type { HeldLocksReport, LockHeldPointsSpec } from '#core/contracts/held-locks.ts'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import { asXenkeepError, XenkeepError } from '#core/errors/base.ts'
import { LockUnsupportedError, StoreDeniedError } from '#core/errors/store.ts'
import type { MaintenanceStore, Retention } from '#core/ports.ts'
import type { Repository } from '#repository/index.ts'
import type { JobContext } from '../../control/leased-job.ts'
import { limits } from '../../limits.ts'
import type { ConfirmHeld } from './confirm.ts'

type Told = HeldLocksReport['points'][number]

interface Options {
  repository: Pick<Repository, 'points' | 'readPoint' | 'prolongLock'>
  store: MaintenanceStore
  confirmHeld: ConfirmHeld
  context: Pick<JobContext, 'report' | 'signal'>
}

/**
 * Locks all that points under a legal hold need, one point after the other; before each one it is asked whether it is still held, and until when. What fails with
 * one point does not keep the others from being locked. Locks only grow, so it may be cut off anywhere and done again.
 * @throws `STORE_UNAVAILABLE`, `STORE_DENIED`
 */
export const lockHeldPoints = async (
  { points }: LockHeldPointsSpec,
  { repository, store, confirmHeld, context }: Options,
): Promise<JobOutcome> => {
  const report: HeldLocksReport = { points: [] }
  const known = new Map<string, Retention>()
  for (const [index, { pointId, vmUuid }] of points.entries()) {
    context.signal.throwIfAborted()
    context.report({ phase: `locking held recovery point ${index + 1} of ${points.length}` })
    const { held, until, days } = await confirmHeld(pointId, context.signal)
    if (!held) {
      report.points.push({ pointId, released: true })
      continue
    }
    try {
      const refs = await Array.fromAsync(repository.points(vmUuid))
      const ref = refs.find(({ id }) => id === pointId)
      if (!ref) {
        report.points.push(notLocked(pointId, 'It is not in the repository any more.'))
        continue
      }
      const point = await repository.readPoint(ref)
      const { signal } = context
      const lock = await repository.prolongLock(point, { until, days, store, known, signal })
      report.points.push({ pointId, lock })
    } catch (error) {
      context.signal.throwIfAborted()
      if (error instanceof LockUnsupportedError)
        return { status: 'points-locked', report: { points: [], unsupported: short(error) } }
      if (!(error instanceof XenkeepError) || isOfAll(error)) throw error
      report.points.push(notLocked(pointId, short(error)))
    }
  }
  return { status: 'points-locked', report }
}

/** Trouble that the next point would have as well. */
const isOfAll = (error: XenkeepError): boolean =>
  error.retryable || error instanceof StoreDeniedError

const short = (error: unknown): string => asXenkeepError(error).message.slice(0, limits.noteLength)

const notLocked = (pointId: string, because: string): Told => ({ pointId, because })
