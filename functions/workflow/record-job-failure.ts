import { toProblem } from '#core/errors/base.ts'
import { WorkflowInterruptedError } from '#core/errors/control.ts'
import { finishJob } from '#core/runs/job.ts'
import { changeJob } from '#core/runs/jobs-catalog.ts'
import { comesLast } from '#core/runs/work-of.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { isSuperseded } from './superseded.ts'
import { JobFailure } from './task-input.ts'

/**
 * Ends a job whose workflow failed under it. A job that has its outcome keeps it, and so does one that a later execution has taken over. The program after a run
 * stays in its queue, and its run open (report-run.ts): what was stopped has to be started again.
 */
export const recordJobFailure =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ runId, attempt, jobId, error }: JobFailure) => {
    if (await isSuperseded({ catalog }, { runId, attempt })) return {}
    const problem = toProblem(new WorkflowInterruptedError(wordsOf(error)))
    await changeJob(catalog, jobId, job =>
      comesLast(job) ? job : finishJob(job, { status: 'failed', problem }, clock.now()),
    )
    return {}
  }

/**
 * Lambda reports a thrown error as JSON with its message, a task that waited for an execution its description; what the service itself reports is plain text.
 */
export const wordsOf = ({ Error: name, Cause: cause }: JobFailure['error']): string => {
  const { errorMessage, Status, ...child } = described(cause)
  if (typeof Status === 'string')
    return isNamed(child) ? wordsOf(child) : `the execution of this job ${ENDS[Status] ?? 'failed'}`
  const text = typeof errorMessage === 'string' ? errorMessage : cause
  return [name, text].filter(Boolean).join(': ').slice(0, 1_000) || 'no reason was given'
}

/** How an execution ends that does not succeed (DescribeExecution, `status`), where it says no more. */
const ENDS: Record<string, string> = { ABORTED: 'was stopped', TIMED_OUT: 'took too long' }

const isNamed = (child: object): child is JobFailure['error'] & { Error: string } =>
  'Error' in child && typeof child.Error === 'string'

const described = (cause: string | undefined): Record<string, unknown> => {
  try {
    return { ...JSON.parse(cause ?? '') }
  } catch {
    return {}
  }
}

export const handler = taskHandler(JobFailure, recordJobFailure)
