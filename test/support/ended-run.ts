import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { Catalog } from '#core/ports.ts'
import { finishJob, newJob } from '#core/runs/job.ts'
import type { Run } from '#core/runs/run.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { POOL, pointOf, vmUuid } from './fake-gateway.ts'

export const RUN = '01J0000000000000000000R000'
const jobIdOf = (n: number) => `01J0000000000000000000J${String(n).padStart(3, '0')}`

export const srFull: JobOutcome = {
  status: 'failed',
  problem: {
    code: 'SR_FULL',
    message: 'The storage repository is full.',
    advice: 'Free some space.',
    retryable: false,
  },
}

export const specOf = (n: number, vmName = `vm${n}`) => ({
  kind: 'backup-vm' as const,
  poolUuid: POOL,
  vmUuid: vmUuid(n),
  vmName,
  method: 'normal' as const,
})

export const backedUp = (n: number): JobOutcome => ({
  status: 'backed-up',
  point: pointOf(jobIdOf(n), specOf(n)),
  notes: [],
})

/** Finished jobs of one backup run, each with its outcome; the n-th is of `vm<n>`. */
export const finishedJobs = (outcomes: readonly JobOutcome[], runId = RUN) =>
  outcomes.map((outcome, n) => finishJob(newJob(jobIdOf(n), runId, specOf(n), 0), outcome, 5))

export const runOf = (more: Partial<Run> = {}): Run => ({
  runId: RUN,
  kind: 'backup',
  state: 'running',
  title: 'vm0 and others',
  started: 1_000,
  ...more,
})

/** Puts a run into the catalog whose jobs are done and that nobody has closed yet. */
export const putDoneRun = (
  catalog: Catalog,
  outcomes: readonly JobOutcome[],
  more: Partial<Run> = {},
): Promise<void> => {
  const run = runOf(more)
  return createRun(catalog, run, finishedJobs(outcomes, run.runId))
}
