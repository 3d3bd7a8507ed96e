import type { z } from 'zod'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { RunInput } from './task-input.ts'

/** The jobs of a run, as ids: what the Map state goes through. */
export const planRun =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ runId }: z.output<typeof RunInput>) => ({
    runId,
    jobIds: (await readJobs(catalog, runId)).map(({ jobId }) => jobId),
  })

export const handler = taskHandler(RunInput, planRun)
