import type { Problem } from '#core/contracts/problem.ts'
import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import { runEnded } from '#core/notifications/run-ended.ts'
import type { Run } from '#core/runs/run.ts'
import { closeRun } from '#core/runs/runs-catalog.ts'
import { dayWrites } from '#core/statistics/day-counters.ts'
import type { Ports } from '../ports.ts'

/**
 * Ends a run with the verdict of its jobs, and announces and counts it in the same write.
 * @param unfinished what is said of jobs that are still open, and of a run without any
 */
export const endRun = (
  { catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>,
  runId: string,
  unfinished: Problem,
): Promise<Run> =>
  closeRun(catalog, runId, unfinished, clock.now(), async (ended, jobs) => {
    const event = runEnded(ended, jobs, ulidMaker({ clock, random })())
    return [...(event ? announcement(event) : []), ...(await dayWrites(catalog, ended, jobs))]
  })
