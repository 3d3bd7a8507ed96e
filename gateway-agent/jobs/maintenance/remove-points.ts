import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { RemovalReport, RemovePointsSpec } from '#core/contracts/maintenance.ts'
import { ObjectLockedError } from '#core/errors/store.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'
import type { Repository } from '#repository/index.ts'
import type { JobContext } from '../../control/leased-job.ts'
import type { Log } from '../../log.ts'
import type { ConfirmRemoval } from './confirm.ts'
import { withRightToRemove } from './denied.ts'
import { LeaveWithdrawn, underLeave } from './under-leave.ts'

type Wanted = RemovePointsSpec['points'][number]
type Kept = RemovalReport['kept'][number]

interface Options {
  repository: Pick<Repository, 'points' | 'closedPoints' | 'removePoint'>
  store: MaintenanceStore
  confirm: ConfirmRemoval
  clock: Clock
  context: JobContext
  log: Pick<Log, 'info'>
}

/**
 * Deletes points for ever, one after the other. Before each one it is looked again whether it may go: it must not be the last one of its VM, the control plane
 * knows of no hold, and the store, asked for its lock, has the last word. What may not go is told, and does not keep the others back.
 * @throws `MAINTENANCE_DENIED`, `STORE_*`; what was removed until then is gone, and the next attempt finds it so
 */
export const removePoints = async (
  { points, evenLast = false }: RemovePointsSpec,
  { repository, store, confirm, clock, context, log }: Options,
): Promise<JobOutcome> => {
  const report: RemovalReport = { removed: [], absent: [], kept: [] }
  const { signal } = context
  let closed: Set<string> | undefined
  for (const [index, wanted] of points.entries()) {
    signal.throwIfAborted()
    context.report({ phase: `removing recovery point ${index + 1} of ${points.length}` })
    // Listed anew for each: a backup may commit meanwhile, and somebody else may remove.
    const refs = await Array.fromAsync(repository.points(wanted.vmUuid))
    const ref = refs.find(({ id }) => id === wanted.pointId)
    if (!ref) {
      // One that somebody hid is not forgotten: the comparison with the catalog tells of it.
      closed ??= new Set(await Array.fromAsync(repository.closedPoints()))
      if (closed.has(wanted.pointId)) report.absent.push(wanted.pointId)
      else report.kept.push(kept(wanted, 'it is hidden or lost, and was not deleted in good order'))
      continue
    }
    if (refs.length === 1 && !evenLast) {
      report.kept.push(kept(wanted, 'it is the only recovery point of its VM'))
      continue
    }
    try {
      const allowed = await underLeave(wanted.pointId, { store, confirm, clock, signal })
      await withRightToRemove(store.address, () => repository.removePoint(ref, allowed))
    } catch (error) {
      if (error instanceof LeaveWithdrawn) {
        report.kept.push(kept(wanted, error.because))
        continue
      }
      if (!(error instanceof ObjectLockedError)) throw error
      const { until } = error
      report.kept.push({
        ...kept(wanted, 'the store locks it'),
        ...(until !== undefined && { lockedUntil: until }),
      })
      continue
    }
    log.info(
      `The recovery point ${wanted.pointId} of "${wanted.vmName}" is deleted: ${wanted.because}`,
    )
    report.removed.push(wanted.pointId)
  }
  return { status: 'points-removed', report }
}

const kept = ({ pointId }: Wanted, because: string): Kept => ({ pointId, because })
