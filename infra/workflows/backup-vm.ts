import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type Chain, JsonPath } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { ANY_ERROR, dispatchTask, handlerTask } from './tasks.ts'

/**
 * BackupVm: one VM, one job, one recovery point. Input `{ runId, attempt, jobId }`. Ends well whatever became of the job, which the
 * catalog knows.
 */
export const backupVm = (
  scope: Construct,
  functions: { dispatchJob: IFunction; commitBackup: IFunction; recordJobFailure: IFunction },
): Chain => {
  const ids = {
    runId: JsonPath.stringAt('$.runId'),
    attempt: JsonPath.stringAt('$.attempt'),
    jobId: JsonPath.stringAt('$.jobId'),
  }
  const fail = handlerTask(scope, 'RecordBackupFailure', functions.recordJobFailure, {
    ...ids,
    error: JsonPath.objectAt('$.error') as unknown as string,
  })
  const commit = handlerTask(scope, 'CommitBackup', functions.commitBackup, ids)
  return dispatchTask(scope, 'DispatchBackup', functions.dispatchJob)
    .addCatch(fail, ANY_ERROR)
    .next(commit.addCatch(fail, ANY_ERROR))
}
