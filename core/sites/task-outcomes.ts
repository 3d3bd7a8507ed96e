import type { SiteTaskOutcome } from '../contracts/site-points.ts'
import type { Catalog } from '../ports.ts'
import { readBriefs } from '../runs/jobs-catalog.ts'
import type { Run } from '../runs/run.ts'
import { taskOutcome } from './task-outcome.ts'

/** The runs whose members belong to the site point of a run: those that it did again, oldest first, and itself. */
export const runsOfSite = ({ runId, site }: Pick<Run, 'runId' | 'site'>): string[] => [
  ...(site?.takesFrom ?? []),
  runId,
]

/** What became of each task of a site; of one that was done again, what came of it last. */
export const readTaskOutcomes = async (
  catalog: Catalog,
  runIds: readonly string[],
): Promise<SiteTaskOutcome[]> => {
  const outcomes = new Map<string, SiteTaskOutcome>()
  for (const runId of runIds)
    for (const job of await readBriefs(catalog, runId)) {
      const outcome = taskOutcome(job)
      if (outcome) outcomes.set(outcome.taskId, outcome)
    }
  return [...outcomes.values()]
}
