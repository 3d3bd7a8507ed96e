import { beginLook, forgetLooks } from '#core/files/begin-look.ts'
import type { CatalogWrite, Person } from '#core/ports.ts'
import { cancelJobs } from '#core/runs/runs-catalog.ts'
import { tellWaiting } from '../api/jobs/tell-waiting.ts'
import type { Ports } from '../ports.ts'

/**
 * What a new look at files takes beside its run; some old ones are forgotten.
 * @returns what to write in one piece with the run; and what to do once that is stored: an earlier look of the same person at the same point is asked to stop
 */
export const beginFiles = async (
  { catalog, clock, workflow }: Pick<Ports, 'catalog' | 'clock' | 'workflow'>,
  of: { runId: string; pointId: string },
  caller: Person,
): Promise<{ writes: CatalogWrite[]; endFormer: () => Promise<void> }> => {
  const now = clock.now()
  await forgetLooks(catalog, now)
  const { former, writes } = await beginLook(catalog, { ...of, now }, caller)
  const endFormer = async (): Promise<void> => {
    if (former === undefined) return
    try {
      await tellWaiting(workflow, await cancelJobs(catalog, former, now, caller.name))
    } catch (error) {
      // The new one has begun, and the answer must say so. Nobody asks in the former any more, so it ends by itself.
      console.error(JSON.stringify({ level: 'error', look: former, error: String(error) }))
    }
  }
  return { writes, endFormer }
}
