import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type Chain, JsonPath } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { ANY_ERROR, dispatchTask, handlerTask } from './tasks.ts'

/** RestoreRun: one VM restored from one recovery point. Input `{ runId }`. */
export const restoreRun = (
  scope: Construct,
  functions: {
    planRestore: IFunction
    dispatchJob: IFunction
    recordJobFailure: IFunction
    reportRun: IFunction
  },
): Chain => {
  const runId = JsonPath.stringAt('$.runId')
  const jobId = JsonPath.stringAt('$.jobId')
  const error = JsonPath.objectAt('$.error') as unknown as string
  const report = handlerTask(scope, 'ReportRestore', functions.reportRun, { runId })
  const reportFailure = handlerTask(scope, 'ReportRestoreFailure', functions.reportRun, {
    runId,
    error,
  })
  const fail = handlerTask(scope, 'RecordRestoreFailure', functions.recordJobFailure, {
    runId,
    jobId,
    error,
  })
  fail.addCatch(reportFailure, ANY_ERROR).next(reportFailure)

  return handlerTask(scope, 'PlanRestore', functions.planRestore, { runId })
    .addCatch(reportFailure, ANY_ERROR)
    .next(dispatchTask(scope, 'DispatchRestore', functions.dispatchJob).addCatch(fail, ANY_ERROR))
    .next(report)
}
