import { expect, test } from 'vitest'
import { wordsOf } from '#functions/workflow/record-job-failure.ts'

/** What a task that waits for an execution reports of one that did not end well: its description (StepFunctions API, DescribeExecution). */
const child = (more: object) => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify({
    ExecutionArn: 'arn:aws:states:eu-central-1:111122223333:execution:xenkeep-BackupVm:j-1',
    Input: '{"runId":"r"}',
    ...more,
  }),
})

test.each([
  [{ Error: 'States.Timeout' }, 'States.Timeout'],
  [{}, 'no reason was given'],
  [{ Error: 'SR_FULL', Cause: '{"errorMessage":"Full. Make room."}' }, 'SR_FULL: Full. Make room.'],
  [{ Error: 'X', Cause: 'not JSON' }, 'X: not JSON'],
  [{ Error: 'X', Cause: 'null' }, 'X: null'],
  [child({ Status: 'ABORTED' }), 'the execution of this job was stopped'],
  [child({ Status: 'TIMED_OUT' }), 'the execution of this job took too long'],
  [
    child({ Status: 'FAILED', Error: 'JOB_NOT_FOUND', Cause: '{"errorMessage":"No such job."}' }),
    'JOB_NOT_FOUND: No such job.',
  ],
  [child({ Status: 'FAILED' }), 'the execution of this job failed'],
])('%j is told as plain words', (error, words) => {
  expect(wordsOf(error)).toBe(words)
})
