import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { CollectTuning, Repository } from '#repository/index.ts'
import type { JobContext } from '../../control/leased-job.ts'
import { limits } from '../../limits.ts'
import { withRightToRemove } from './denied.ts'

interface Options {
  repository: Pick<Repository, 'collectGarbage'>
  store: MaintenanceStore
  context: Pick<JobContext, 'report'>
  /** Shorter times, for tests. */
  tuning?: Partial<CollectTuning>
}

/**
 * One run of the collector. It cannot be stopped in mid-run, and need not be: it may end anywhere.
 * @throws `MAINTENANCE_DENIED`, `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `REPOSITORY_READ_ONLY`, `STORE_*`
 */
export const collectGarbage = async ({
  repository,
  store,
  context,
  tuning,
}: Options): Promise<JobOutcome> => {
  context.report({ phase: 'collecting garbage' })
  const report = await withRightToRemove(store.address, () =>
    repository.collectGarbage({ store, tuning }),
  )
  const { kept, rewritten, text } = report
  return {
    status: 'garbage-collected',
    report: {
      at: report.storeTime,
      removed: report.removed,
      condemned: report.condemned,
      locked: {
        packs: kept.locked,
        bytes: kept.lockedBytes,
        ...(kept.lockedUntil !== undefined && { until: kept.lockedUntil }),
      },
      rewritten: { packs: rewritten.packs, bytes: rewritten.bytes, copied: rewritten.copied },
      text: text.slice(0, limits.notes).map(line => line.slice(0, limits.noteLength)),
    },
  }
}
