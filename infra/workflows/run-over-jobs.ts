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

export interface RunOverJobsProps {
  /** Names of the machine, of its Map and of what one of its jobs is called: state names are unique over all machines. */
  names: { run: string; each: string; job: string }
  planRun: IFunction
  reportRun: IFunction
  job: IStateMachine
}

/**
 * One run over many jobs, a child execution for each. Input `{ runId }`. The execution is named by the run and each child by
 * its job, so that starting either twice is starting it once.
 */
export const runOverJobs = (
  scope: Construct,
  { names, planRun, reportRun, job }: RunOverJobsProps,
): Chain => {
  const runId = JsonPath.stringAt('$.runId')
  const report = handlerTask(scope, `Report${names.run}`, reportRun, { runId })
  const reportFailure = handlerTask(scope, `Report${names.run}Failure`, reportRun, {
    runId,
    error: JsonPath.objectAt('$.error') as unknown as string,
  })

  const start = new StepFunctionsStartExecution(scope, `Start${names.job}`, {
    stateMachine: job,
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
  const ended = new Pass(scope, `${names.job}Ended`, { result: Result.fromObject({}) })
  start.addCatch(ended, { errors: [Errors.ALL], resultPath: JsonPath.DISCARD })

  const each = new MapState(scope, names.each, {
    itemsPath: '$.jobIds',
    itemSelector: { runId, jobId: JsonPath.stringAt('$$.Map.Item.Value') },
    maxConcurrency: 40, // an inline Map runs no more at once (AWS quota)
    resultPath: JsonPath.DISCARD,
  }).itemProcessor(start.next(ended))

  return handlerTask(scope, `Plan${names.run}`, planRun, { runId })
    .addCatch(reportFailure, ANY_ERROR)
    .next(each.addCatch(reportFailure, ANY_ERROR))
    .next(report)
}
