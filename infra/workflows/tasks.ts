import { Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import {
  Errors,
  IntegrationPattern,
  JitterType,
  JsonPath,
  type RetryProps,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import type { Construct } from 'constructs'

/** What passes by itself: our own errors (the name of what a handler throws is its code), and throttling. */
const PASSING: RetryProps = {
  errors: [
    'CATALOG_UNAVAILABLE',
    'CATALOG_CONFLICT',
    'WORKFLOW_UNAVAILABLE',
    'STORE_UNAVAILABLE', // the bucket of the lists of jobs
    'Lambda.TooManyRequestsException',
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.minutes(5),
  maxAttempts: 30, // two hours
  jitterStrategy: JitterType.FULL,
}

/**
 * A function that was stopped in its work: by its time limit, by the end of its memory, or with the machine under it (names as Lambda has them). Every task goes
 * on where it was, so it is called again, some times: what stops it each time is no accident.
 */
const STOPPED: RetryProps = {
  errors: ['Sandbox.Timedout', 'Runtime.ExitError', 'Runtime.OutOfMemory', 'Lambda.Unknown'],
  interval: Duration.seconds(10),
  backoffRate: 2,
  maxAttempts: 4,
}

/** Longer than the lease (5 min, core/runs/limits.ts), so that a job has returned to its queue when it is dispatched again. */
const HEARTBEAT = Duration.minutes(10)

/**
 * A dispatch that hears nothing is done again, which resumes the job; whether waiting on makes sense is decided there. Each costs
 * 5 events of the 25,000 that a history may have: 4,000 times are 20,000 events, and 27 days.
 */
const RESUME: RetryProps = {
  errors: [Errors.HEARTBEAT_TIMEOUT],
  interval: Duration.seconds(1),
  backoffRate: 1,
  maxAttempts: 4_000,
}

/** Time of a task whose function goes through all jobs of a run: a minute more than Lambda gives at most. */
export const LONG_TASK = Duration.minutes(16)

/**
 * A Lambda of ours as a task whose result is just what the handler answers.
 * @param payload JSONPath values; ids only
 * @param time longer than the function's own, so that no two calls of a task are ever at work
 */
export const handlerTask = (
  scope: Construct,
  id: string,
  lambdaFunction: IFunction,
  payload: Record<string, string>,
  time = Duration.minutes(2),
): LambdaInvoke =>
  new LambdaInvoke(scope, id, {
    lambdaFunction,
    payload: TaskInput.fromObject(payload),
    payloadResponseOnly: true,
    taskTimeout: Timeout.duration(time),
  })
    .addRetry(PASSING)
    .addRetry(STOPPED) as LambdaInvoke

/** Hands a job to a gateway and waits for its result; the token stays in the cloud. Passes its input on. */
export const dispatchTask = (
  scope: Construct,
  id: string,
  lambdaFunction: IFunction,
): LambdaInvoke =>
  new LambdaInvoke(scope, id, {
    lambdaFunction,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    payload: TaskInput.fromObject({
      taskToken: JsonPath.taskToken,
      runId: JsonPath.stringAt('$.runId'),
      attempt: JsonPath.stringAt('$.attempt'),
      jobId: JsonPath.stringAt('$.jobId'),
    }),
    heartbeatTimeout: Timeout.duration(HEARTBEAT),
    taskTimeout: Timeout.duration(Duration.days(7)),
    resultPath: JsonPath.DISCARD,
  })
    .addRetry(RESUME)
    .addRetry(PASSING)
    .addRetry(STOPPED) as LambdaInvoke

/** Every error of a state, with what it says in `$.error`. */
export const ANY_ERROR = { errors: [Errors.ALL], resultPath: '$.error' }
