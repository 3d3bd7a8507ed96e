import { type TaskHandler, taskHandlerWith } from '../middleware/task-handler.ts'
import type { Ports } from '../ports.ts'
import { commitBackup } from './commit-backup.ts'
import { dispatchToGateway } from './dispatch-job.ts'
import { planRun } from './plan-run.ts'
import { recordJobFailure } from './record-job-failure.ts'
import { ReportInput, reportRun } from './report-run.ts'
import { DispatchInput, JobFailure, JobInput, RunInput } from './task-input.ts'

/** The tasks of the state machines on the given ports, by the names of their files: what Lambda is in the cloud. */
export const taskHandlers = (ports: Ports): Record<string, TaskHandler> => {
  const handle = taskHandlerWith(() => ports)
  return {
    'plan-run': handle(RunInput, planRun),
    'dispatch-job': handle(DispatchInput, dispatchToGateway),
    'commit-backup': handle(JobInput, commitBackup),
    'record-job-failure': handle(JobFailure, recordJobFailure),
    'report-run': handle(ReportInput, reportRun),
  }
}
