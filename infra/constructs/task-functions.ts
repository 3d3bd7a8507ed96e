import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { HandlerFunction } from './handler-function.ts'

export interface TaskFunctionsProps {
  table: Table
  environment: Record<string, string>
}

/** The Lambdas behind the tasks of the state machines. */
export class TaskFunctions extends Construct {
  readonly planRun: HandlerFunction
  readonly dispatchJob: HandlerFunction
  readonly commitBackup: HandlerFunction
  readonly recordJobFailure: HandlerFunction
  readonly reportRun: HandlerFunction

  constructor(scope: Construct, id: string, { table, environment }: TaskFunctionsProps) {
    super(scope, id)
    const task = (name: string, file: string, access: 'read' | 'write') =>
      new HandlerFunction(this, name, {
        file: `functions/workflow/${file}.ts`,
        table,
        access,
        environment,
      })
    this.planRun = task('PlanRun', 'plan-run', 'read')
    this.dispatchJob = task('DispatchJob', 'dispatch-job', 'write')
    this.commitBackup = task('CommitBackup', 'commit-backup', 'write')
    this.recordJobFailure = task('RecordJobFailure', 'record-job-failure', 'write')
    this.reportRun = task('ReportRun', 'report-run', 'write')
  }
}
