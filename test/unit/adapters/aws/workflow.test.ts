import { expect, test } from 'vitest'
import { stepFunctionsWorkflow } from '#adapters/aws/workflow.ts'

const ARN = 'arn:aws:states:eu-central-1:111122223333:stateMachine:Xenkeep-PolicyRun'

/** A client that writes down what is sent and answers, or fails, as told. */
const scripted = (failure?: string) => {
  const sent: [name: string, input: unknown][] = []
  const client = {
    send: async (command: { constructor: { name: string }; input: unknown }) => {
      sent.push([command.constructor.name, command.input])
      if (failure === undefined) return {}
      const error = new Error('from AWS')
      error.name = failure
      throw error
    },
  }
  const workflow = stepFunctionsWorkflow({
    client: client as never,
    machineArns: { PolicyRun: ARN },
  })
  return { workflow, sent }
}

test('sends what Step Functions wants', async () => {
  const { workflow, sent } = scripted()
  expect(await workflow.start('PolicyRun', 'run1', { runId: 'run1' })).toBe('running')
  await workflow.stop('PolicyRun', 'run1', 'by hand')
  expect(await workflow.succeedTask('token', { jobId: 'j' })).toBe(true)
  expect(await workflow.failTask('token', 'E', 'why')).toBe(true)
  expect(await workflow.heartbeatTask('token')).toBe(true)
  expect(sent).toEqual([
    ['StartExecutionCommand', { stateMachineArn: ARN, name: 'run1', input: '{"runId":"run1"}' }],
    [
      'StopExecutionCommand',
      { executionArn: `${ARN.replace('stateMachine', 'execution')}:run1`, cause: 'by hand' },
    ],
    ['SendTaskSuccessCommand', { taskToken: 'token', output: '{"jobId":"j"}' }],
    ['SendTaskFailureCommand', { taskToken: 'token', error: 'E', cause: 'why' }],
    ['SendTaskHeartbeatCommand', { taskToken: 'token' }],
  ])
})

test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
  'a token that nobody waits on (%s) is no error',
  async failure => {
    const { workflow } = scripted(failure)
    expect(await workflow.succeedTask('token', {})).toBe(false)
    expect(await workflow.failTask('token', 'E', 'why')).toBe(false)
    expect(await workflow.heartbeatTask('token')).toBe(false)
  },
)

test('an execution that ran before, or is gone, is left alone', async () => {
  const { workflow } = scripted('ExecutionAlreadyExists')
  expect(await workflow.start('PolicyRun', 'run1', {})).toBe('ended')
  await scripted('ExecutionDoesNotExist').workflow.stop('PolicyRun', 'run1', '')
})

test('anything else is WORKFLOW_UNAVAILABLE and may be tried again', async () => {
  const { workflow } = scripted('ThrottlingException')
  const unavailable = { code: 'WORKFLOW_UNAVAILABLE', retryable: true }
  await expect(workflow.start('PolicyRun', 'run1', {})).rejects.toMatchObject(unavailable)
  await expect(workflow.succeedTask('token', {})).rejects.toMatchObject(unavailable)
  await expect(scripted().workflow.start('RestoreRun', 'run1', {})).rejects.toMatchObject({
    ...unavailable,
    message: 'The workflow service did not find the state machine RestoreRun.',
  })
})
