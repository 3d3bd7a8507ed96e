import type { z } from 'zod'
import { RunNotFoundError } from '#core/errors/control.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { RunInput } from './task-input.ts'

/** The one job of a restore. */
export const planRestore =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ runId }: z.output<typeof RunInput>) => {
    const [job] = await readJobs(catalog, runId)
    if (!job) throw new RunNotFoundError(runId)
    return { runId, jobId: job.jobId }
  }

export const handler = taskHandler(RunInput, planRestore)
