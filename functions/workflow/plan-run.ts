import type { z } from 'zod'
import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import { asXenkeepError, toProblem } from '#core/errors/base.ts'
import { WorkflowInterruptedError } from '#core/errors/control.ts'
import type { Catalog, MapItem } from '#core/ports.ts'
import { precedersOf } from '#core/runs/gates.ts'
import type { Job } from '#core/runs/job.ts'
import { dispatchJob } from '#core/runs/jobs-catalog.ts'
import { isAround } from '#core/runs/programs.ts'
import { attemptOf, executionOf, type Run } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { takeTurns } from '#core/runs/take-turns.ts'
import { queueOf } from '#core/runs/work-of.ts'
import type { Ports } from '../ports.ts'
import { endRun } from '../runs/end-run.ts'
import { makeJobs } from '../runs/make-jobs.ts'
import { taskHandler } from '../runtime.ts'
import { RunInput } from './task-input.ts'

/**
 * Makes the jobs of a run where they are not there yet, and lists them for the Map state. Nothing is listed where the run has ended, or a later execution has
 * taken it over.
 */
export const planRun =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'items'>) =>
  async ({ runId, ...execution }: z.output<typeof RunInput>) => {
    const { catalog, items } = ports
    const attempt = attemptOf(execution)
    const run = (await readRun(catalog, runId)).value
    const isOurs = run.state === 'running' && attemptOf(run) === attempt
    const jobs = isOurs && (await hasJobs(ports, run)) ? await listJobs(catalog, runId) : []
    const kept = await items.keep(executionOf({ runId, attempt }).name, jobs)
    return { runId, attempt, jobs: jobs.length, ...kept }
  }

/** What the plan refuses for good ends the run with just that, and not with the failure of a task. */
const hasJobs = async (
  ports: Pick<Ports, 'catalog' | 'clock' | 'random'>,
  run: Run,
): Promise<boolean> => {
  try {
    if (run.request && run.cancelRequested) throw new WorkflowInterruptedError('it was cancelled')
    await makeJobs(ports, run)
    return true
  } catch (error) {
    const { code, retryable } = asXenkeepError(error)
    if (retryable || code === 'UNEXPECTED' || code === 'CATALOG_CONFLICT') throw error
    await endRun(ports, run.runId, toProblem(error))
    return false
  }
}

/**
 * What there is to do yet: jobs that are open, and backups whose point may not be entered into the catalog. Pools take turns, so that none has all the places of
 * the Map.
 */
const listJobs = async (catalog: Catalog, runId: string): Promise<MapItem[]> => {
  const open: { jobId: string; queue: string }[] = []
  const early = new Set<string>()
  for await (const { value } of queryAll<Job>(catalog, keys.job(runId, '').pk, { page: 200 })) {
    if (isAround(value)) early.add(value.jobId)
    for (const jobId of precedersOf(value)) early.add(jobId)
    if (value.state !== 'finished' || value.outcome?.status === 'backed-up')
      open.push({ jobId: value.jobId, queue: queueOf(value.spec) })
  }
  // In its queue at once: the Map may have all its places taken by jobs that wait for it.
  for (const { jobId } of open) if (early.has(jobId)) await dispatchJob(catalog, jobId)
  return takeTurns(open, ({ queue }) => queue).map(({ jobId }) => ({ jobId }))
}

export const handler = taskHandler(RunInput, planRun)
