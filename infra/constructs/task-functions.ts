import { Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { completeTasks } from '../rights/workflow.ts'
import { HandlerFunction, type HandlerFunctionProps } from './handler-function.ts'
import { ItemLists } from './item-lists.ts'

/**
 * What goes through all jobs of a run, 10,000 at most: making them takes 200 writes of 100 items one after the other, some tens of
 * seconds, and longer where the table is throttled; their briefs take some 10 MB. Lambda gives no more time.
 */
const OVER_ALL_JOBS = { timeout: Duration.minutes(15), memory: 1_024 }

/** The Lambdas behind the tasks of the state machines. */
export class TaskFunctions extends Construct {
  readonly planRun: HandlerFunction
  readonly dispatchJob: HandlerFunction
  readonly commitBackup: HandlerFunction
  readonly recordJobFailure: HandlerFunction
  readonly reportRun: HandlerFunction
  /** Only where Maps are distributed. */
  readonly itemLists?: ItemLists

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id)
    const task = (name: string, file: string, props: Partial<HandlerFunctionProps> = {}) =>
      new HandlerFunction(this, name, {
        file: `functions/workflow/${file}.ts`,
        deployment,
        access: 'write',
        ...props,
      })
    if (deployment.context.machines.distributedMap)
      this.itemLists = new ItemLists(this, 'ItemLists')
    this.planRun = task('PlanRun', 'plan-run', {
      ...OVER_ALL_JOBS,
      rights: this.itemLists ? [this.itemLists.write] : [],
    })
    this.dispatchJob = task('DispatchJob', 'dispatch-job', { rights: [completeTasks(deployment)] })
    this.commitBackup = task('CommitBackup', 'commit-backup')
    this.recordJobFailure = task('RecordJobFailure', 'record-job-failure')
    this.reportRun = task('ReportRun', 'report-run', OVER_ALL_JOBS)
  }
}
