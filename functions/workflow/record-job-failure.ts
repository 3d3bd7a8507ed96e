import { toProblem } from '#core/errors/base.ts'
import { WorkflowInterruptedError } from '#core/errors/control.ts'
import { finishJob } from '#core/runs/job.ts'
import { changeJob } from '#core/runs/jobs-catalog.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { isSuperseded } from './superseded.ts'
import { JobFailure } from './task-input.ts'

/** Ends a job whose workflow failed under it. A job that has its outcome keeps it, and so does one that a later execution has taken over. */
export const recordJobFailure =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ runId, attempt, jobId, error }: JobFailure) => {
    if (await isSuperseded({ catalog }, { runId, attempt })) return {}
    const problem = toProblem(new WorkflowInterruptedError(wordsOf(error)))
    await changeJob(catalog, jobId, job =>
      finishJob(job, { status: 'failed', problem }, clock.now()),
    )
    return {}
  }

/** Lambda reports a thrown error as JSON with its message; what the service itself reports is plain text. */
export const wordsOf = ({ Error: name, Cause: cause }: JobFailure['error']): string => {
  const text = messageIn(cause) ?? cause
  return [name, text].filter(Boolean).join(': ').slice(0, 1_000) || 'no reason was given'
}

const messageIn = (cause: string | undefined): string | undefined => {
  try {
    const { errorMessage } = JSON.parse(cause ?? '') as { errorMessage?: unknown }
    return typeof errorMessage === 'string' ? errorMessage : undefined
  } catch {
    return undefined
  }
}

export const handler = taskHandler(JobFailure, recordJobFailure)
