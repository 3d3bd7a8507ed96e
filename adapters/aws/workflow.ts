import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { WorkflowUnavailableError } from '#core/errors/workflow.ts'
import type { StateMachineName, Workflow } from '#core/ports.ts'

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

// Nobody waits: the task timed out or its execution ended. An unknown or foreign token comes to the same.
const GONE = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])

/**
 * AWS Step Functions.
 *
 * Needs states:StartExecution on the machines that it starts, states:StopExecution on their executions, and
 * states:SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat on the machines that wait.
 *
 * @param machineArns only of the machines that this caller starts or stops
 */
export const stepFunctionsWorkflow = ({
  client,
  machineArns,
}: {
  client: Pick<SFNClient, 'send'>
  machineArns: { [M in StateMachineName]?: string | undefined }
}): Workflow => {
  const arnOf = (machine: StateMachineName): string => {
    const arn = machineArns[machine]
    if (!arn) throw new WorkflowUnavailableError(`find the state machine ${machine}`)
    return arn
  }

  const told = async (what: string, sent: Promise<unknown>): Promise<boolean> => {
    try {
      await sent
      return true
    } catch (error) {
      if (GONE.has(nameOf(error))) return false
      throw new WorkflowUnavailableError(what, error)
    }
  }

  return {
    async start(machine, executionName, input) {
      const command = new StartExecutionCommand({
        stateMachineArn: arnOf(machine),
        name: executionName,
        input: JSON.stringify(input),
      })
      try {
        await client.send(command)
        return 'running'
      } catch (error) {
        // The input of a name is always the same, so what exists has ended.
        if (nameOf(error) === 'ExecutionAlreadyExists') return 'ended'
        throw new WorkflowUnavailableError(`start the run ${executionName}`, error)
      }
    },

    async stop(machine, executionName, reason) {
      const executionArn = `${arnOf(machine).replace(':stateMachine:', ':execution:')}:${executionName}`
      try {
        await client.send(new StopExecutionCommand({ executionArn, cause: reason }))
      } catch (error) {
        if (nameOf(error) === 'ExecutionDoesNotExist') return
        throw new WorkflowUnavailableError(`stop the run ${executionName}`, error)
      }
    },

    succeedTask: (taskToken, output) =>
      told(
        'take the result of a task',
        client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })),
      ),

    failTask: (taskToken, error, cause) =>
      told(
        'take the failure of a task',
        client.send(
          new SendTaskFailureCommand({
            taskToken,
            error: error.slice(0, 256), // AWS limits
            cause: cause.slice(0, 32_768),
          }),
        ),
      ),

    heartbeatTask: taskToken =>
      told('take a heartbeat', client.send(new SendTaskHeartbeatCommand({ taskToken }))),
  }
}
