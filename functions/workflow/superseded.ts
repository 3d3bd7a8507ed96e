import { attemptOf } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'

/**
 * Whether a later execution has taken the run over. Whatever an earlier one still does must not count then: it takes no job, fails none and
 * closes nothing, and so comes to its end by itself.
 * @throws `RUN_NOT_FOUND`
 */
export const isSuperseded = async (
  { catalog }: Pick<Ports, 'catalog'>,
  execution: { runId: string; attempt?: number | undefined },
): Promise<boolean> =>
  attemptOf((await readRun(catalog, execution.runId)).value) > attemptOf(execution)
