import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Chain, JsonPath } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { ANY_ERROR, dispatchTask, handlerTask } from './tasks.ts'

/**
 * OneJob: a job of any kind whose outcome is all that is kept of it. Input `{ runId, attempt, jobId }`. Ends well whatever became of the
 * job, which the catalog knows.
 */
export const oneJob = (
  scope: Construct,
  functions: { dispatchJob: IFunction; recordJobFailure: IFunction },
): Chain => {
  const fail = handlerTask(scope, 'RecordOneJobFailure', functions.recordJobFailure, {
    runId: JsonPath.stringAt('$.runId'),
    attempt: JsonPath.stringAt('$.attempt'),
    jobId: JsonPath.stringAt('$.jobId'),
    error: JsonPath.objectAt('$.error') as unknown as string,
  })
  return Chain.start(
    dispatchTask(scope, 'DispatchOneJob', functions.dispatchJob).addCatch(fail, ANY_ERROR),
  )
}
