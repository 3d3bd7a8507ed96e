import type { z } from 'zod'
import type { MapItem } from '#core/ports.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { attemptOf, executionOf } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { RunInput } from './task-input.ts'

/** The jobs of a run: what the Map state goes through. Nothing, where a later execution has taken the run over. */
export const planRun =
  ({ catalog, items }: Pick<Ports, 'catalog' | 'items'>) =>
  async ({ runId, ...execution }: z.output<typeof RunInput>) => {
    const attempt = attemptOf(execution)
    const run = (await readRun(catalog, runId)).value
    const isCurrent = attemptOf(run) === attempt
    const jobs: MapItem[] = isCurrent
      ? (await readJobs(catalog, runId)).map(({ jobId }) => ({ jobId }))
      : []
    const kept = await items.keep(executionOf({ runId, attempt }).name, jobs)
    return { runId, attempt, jobs: jobs.length, ...kept }
  }

export const handler = taskHandler(RunInput, planRun)
