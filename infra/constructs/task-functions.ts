import { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import type { Right } from '../rights/right.ts'
import { completeTasks } from '../rights/workflow.ts'
import { HandlerFunction } from './handler-function.ts'

/** The Lambdas behind the tasks of the state machines. */
export class TaskFunctions extends Construct {
  readonly planRun: HandlerFunction
  readonly dispatchJob: HandlerFunction
  readonly commitBackup: HandlerFunction
  readonly recordJobFailure: HandlerFunction
  readonly reportRun: HandlerFunction

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id)
    const task = (name: string, file: string, access: 'read' | 'write', rights: Right[] = []) =>
      new HandlerFunction(this, name, {
        file: `functions/workflow/${file}.ts`,
        deployment,
        access,
        rights,
      })
    this.planRun = task('PlanRun', 'plan-run', 'read')
    this.dispatchJob = task('DispatchJob', 'dispatch-job', 'write', [completeTasks(deployment)])
    this.commitBackup = task('CommitBackup', 'commit-backup', 'write')
    this.recordJobFailure = task('RecordJobFailure', 'record-job-failure', 'write')
    this.reportRun = task('ReportRun', 'report-run', 'write')
  }
}
