import { Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import {
  type Chain,
  Choice,
  Condition,
  DistributedMap,
  Errors,
  IntegrationPattern,
  type IStateMachine,
  JsonPath,
  Map as MapState,
  Pass,
  Result,
  S3JsonItemReader,
  StateMachineType,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions'
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import type { Construct } from 'constructs'
import { ANY_ERROR, handlerTask, LONG_TASK } from './tasks.ts'

/** An inline Map runs no more iterations at once (AWS quota). */
const INLINE_AT_ONCE = 40

/**
 * How many jobs of a run wait or are worked on at once. One that waits for a gateway is dispatched again every 10 minutes (tasks.ts), a
 * state transition of 0.000025 USD: 1,000 waiting through a night of 8 hours are 1,000 * 48 * 0.000025 = 1.20 USD, 10,000 would be 12 USD.
 * One that is worked on costs nothing more. And 1,000 are as many as 15 gateways of 64 slots work on, or 250 of 4 (core/contracts/settings.ts).
 * Jobs of different pools take turns in the list (core/runs/take-turns.ts), so that no pool has all of the places.
 */
const DISTRIBUTED_AT_ONCE = 1_000

export interface RunOverJobsProps {
  /** Names of the machine, of its Map and of what one of its jobs is called: state names are unique over all machines. */
  names: { run: string; each: string; job: string }
  planRun: IFunction
  recordJobFailure: IFunction
  reportRun: IFunction
  job: IStateMachine
  /** Where the plan leaves its list for a distributed Map; without it the Map is inline and the list in the plan's answer. */
  itemLists?: IBucket | undefined
}

/**
 * One run over many jobs, a child execution for each. Input `{ runId, attempt }`. The execution is named by run and attempt, and each
 * child by job and attempt, so that starting either twice is starting it once, and a new attempt meets no child of an earlier one.
 */
export const runOverJobs = (
  scope: Construct,
  { names, planRun, recordJobFailure, reportRun, job, itemLists }: RunOverJobsProps,
): Chain => {
  const runId = JsonPath.stringAt('$.runId')
  const attempt = JsonPath.stringAt('$.attempt')
  const jobId = JsonPath.stringAt('$.jobId')
  const error = JsonPath.objectAt('$.error') as unknown as string
  const report = handlerTask(scope, `Report${names.run}`, reportRun, { runId, attempt }, LONG_TASK)
  const reportFailure = handlerTask(
    scope,
    `Report${names.run}Failure`,
    reportRun,
    { runId, attempt, error },
    LONG_TASK,
  )

  // What a child came to stands in the catalog; nothing of it comes back through the Map.
  const ended = new Pass(scope, `${names.job}Ended`, { result: Result.fromObject({}) })
  const start = new StepFunctionsStartExecution(scope, `Start${names.job}`, {
    stateMachine: job,
    integrationPattern: IntegrationPattern.RUN_JOB,
    name: JsonPath.format('{}-{}', jobId, attempt),
    input: TaskInput.fromObject({ runId, attempt, jobId }),
    taskTimeout: Timeout.duration(Duration.days(15)),
    resultPath: JsonPath.DISCARD,
  })
  start.addRetry({
    errors: [
      'StepFunctions.ExecutionLimitExceededException',
      'StepFunctions.ThrottlingException',
      'StepFunctions.SdkClientException',
    ],
    interval: Duration.seconds(5),
    backoffRate: 2,
    maxDelay: Duration.minutes(2),
    maxAttempts: 10,
  })
  // A child that exists already has ended (a start that was told twice meets it running, and waits): its job has its outcome and keeps it.
  const recordFailure = handlerTask(scope, `Record${names.job}Failure`, recordJobFailure, {
    runId,
    attempt,
    jobId,
    error,
  })
  const iteration = start
    .addCatch(
      recordFailure
        .addCatch(ended, { errors: [Errors.ALL], resultPath: JsonPath.DISCARD })
        .next(ended),
      ANY_ERROR,
    )
    .next(ended)

  const itemSelector = { runId, attempt, jobId: JsonPath.stringAt('$$.Map.Item.Value.jobId') }
  const common = { itemSelector, resultPath: JsonPath.DISCARD }
  const each = itemLists
    ? new DistributedMap(scope, names.each, {
        ...common,
        itemReader: new S3JsonItemReader({
          bucket: itemLists,
          key: JsonPath.stringAt('$.list.key'),
        }),
        maxConcurrency: DISTRIBUTED_AT_ONCE,
        mapExecutionType: StateMachineType.STANDARD,
        toleratedFailurePercentage: 100, // each child records its own
      })
    : new MapState(scope, names.each, {
        ...common,
        itemsPath: '$.items',
        maxConcurrency: INLINE_AT_ONCE,
      })
  each.itemProcessor(iteration)
  // Nothing has begun then, and a start that is told twice is one.
  if (itemLists)
    each.addRetry({
      errors: ['States.ItemReaderFailed'],
      interval: Duration.seconds(5),
      backoffRate: 2,
      maxAttempts: 5,
    })

  return handlerTask(scope, `Plan${names.run}`, planRun, { runId, attempt }, LONG_TASK)
    .addCatch(reportFailure, ANY_ERROR)
    .next(
      new Choice(scope, `Has${names.run}Jobs`)
        .when(
          Condition.numberGreaterThan('$.jobs', 0),
          each.addCatch(reportFailure, ANY_ERROR).next(report),
        )
        .otherwise(report),
    )
}
