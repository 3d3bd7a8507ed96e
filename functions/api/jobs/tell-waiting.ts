import type { Workflow } from '#core/ports.ts'
import type { Job } from '#core/runs/job.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'

/**
 * Lets the dispatch tasks of finished jobs go on. What became of the job is in the catalog; only ids pass the state machine.
 * Where nobody waits (the control plane was restarted), the next dispatch finds the job finished.
 * @throws `WORKFLOW_UNAVAILABLE`
 */
export const tellWaiting = async (workflow: Workflow, jobs: readonly Job[]): Promise<void> => {
  await someAtOnce(jobs, async ({ taskToken, runId, jobId }) => {
    if (taskToken !== undefined) await workflow.succeedTask(taskToken, { runId, jobId })
  })
}
