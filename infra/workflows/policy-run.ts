import { Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import {
  type Chain,
  Errors,
  IntegrationPattern,
  type IStateMachine,
  JsonPath,
  Map as MapState,
  Pass,
  Result,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions'
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import type { Construct } from 'constructs'
import { ANY_ERROR, handlerTask } from './tasks.ts'

/**
 * PolicyRun: one run over many VMs, a child execution for each. Input `{ runId }`. The execution is named by the run and each child by
 * its job, so that starting either twice is starting it once.
 */
export const policyRun = (
  scope: Construct,
  {
    planPolicyRun,
    reportRun,
    backupVm,
  }: { planPolicyRun: IFunction; reportRun: IFunction; backupVm: IStateMachine },
): Chain => {
  const runId = JsonPath.stringAt('$.runId')
  const report = handlerTask(scope, 'ReportPolicyRun', reportRun, { runId })
  const reportFailure = handlerTask(scope, 'ReportPolicyRunFailure', reportRun, {
    runId,
    error: JsonPath.objectAt('$.error') as unknown as string,
  })

  const start = new StepFunctionsStartExecution(scope, 'StartBackupVm', {
    stateMachine: backupVm,
    integrationPattern: IntegrationPattern.RUN_JOB,
    name: JsonPath.stringAt('$.jobId'),
    input: TaskInput.fromObject({ runId, jobId: JsonPath.stringAt('$.jobId') }),
    taskTimeout: Timeout.duration(Duration.days(15)),
    resultPath: JsonPath.DISCARD,
  })
  start.addRetry({
    errors: ['StepFunctions.ExecutionLimitExceededException', 'StepFunctions.SdkClientException'],
    interval: Duration.seconds(5),
    backoffRate: 2,
    maxDelay: Duration.minutes(2),
    maxAttempts: 10,
  })
  // What a child came to stands in the catalog; nothing of it comes back through the Map.
  const ended = new Pass(scope, 'BackupVmEnded', { result: Result.fromObject({}) })
  start.addCatch(ended, { errors: [Errors.ALL], resultPath: JsonPath.DISCARD })

  const each = new MapState(scope, 'BackUpEachVm', {
    itemsPath: '$.jobIds',
    itemSelector: { runId, jobId: JsonPath.stringAt('$$.Map.Item.Value') },
    maxConcurrency: 40, // an inline Map runs no more at once (AWS quota)
    resultPath: JsonPath.DISCARD,
  }).itemProcessor(start.next(ended))

  return handlerTask(scope, 'PlanPolicyRun', planPolicyRun, { runId })
    .addCatch(reportFailure, ANY_ERROR)
    .next(each.addCatch(reportFailure, ANY_ERROR))
    .next(report)
}
