import { type TaskHandler, taskHandlerWith } from '../middleware/task-handler.ts'
import type { Ports } from '../ports.ts'
import { commitBackup } from './commit-backup.ts'
import { dispatchToGateway } from './dispatch-job.ts'
import { planPolicyRun } from './plan-policy-run.ts'
import { planRestore } from './plan-restore.ts'
import { recordJobFailure } from './record-job-failure.ts'
import { ReportInput, reportRun } from './report-run.ts'
import { DispatchInput, JobFailure, JobInput, RunInput } from './task-input.ts'

/** The tasks of the state machines on the given ports, by the names of their files: what Lambda is in the cloud. */
export const taskHandlers = (ports: Ports): Record<string, TaskHandler> => {
  const handle = taskHandlerWith(() => ports)
  return {
    'plan-policy-run': handle(RunInput, planPolicyRun),
    'plan-restore': handle(RunInput, planRestore),
    'dispatch-job': handle(DispatchInput, dispatchToGateway),
    'commit-backup': handle(JobInput, commitBackup),
    'record-job-failure': handle(JobFailure, recordJobFailure),
    'report-run': handle(ReportInput, reportRun),
  }
}
