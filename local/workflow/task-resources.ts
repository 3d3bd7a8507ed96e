import type { TaskHandler } from '#functions/middleware/task-handler.ts'
import { type Definition, lastOfArn, type State, tasksOf } from './definition.ts'
import { stepError, type TaskTokens } from './task-tokens.ts'

export interface TaskWorld {
  /** By the name at the end of the function's ARN. */
  handlers: Record<string, TaskHandler>
  tokens: TaskTokens
  /** Runs another machine to its end. */
  runChild: (machine: string, executionName: string, input: unknown) => Promise<void>
}

type Resource = (input: never) => Promise<unknown>

/**
 * What each task of a machine does on one computer, by the kind of resource that it names.
 * @throws when a task names a resource that has no meaning here
 */
export const taskResources = (definition: Definition, world: TaskWorld): Record<string, Resource> =>
  Object.fromEntries(tasksOf(definition).map(([name, state]) => [name, resourceOf(state, world)]))

const resourceOf = (state: State, world: TaskWorld): Resource => {
  const resource = state.Resource ?? ''
  if (resource.startsWith('arn:aws:lambda:')) return handlerOf(resource, world)
  switch (resource) {
    case 'arn:aws:states:::lambda:invoke.waitForTaskToken':
      return waitForToken(state.HeartbeatSeconds ?? 0, world)
    case 'arn:aws:states:::states:startExecution.sync:2':
      return startAndWait(world)
    default:
      throw new Error(`No task on one machine runs ${resource}.`)
  }
}

const handlerOf = (arn: string, { handlers }: TaskWorld): TaskHandler => {
  const handler = handlers[lastOfArn(arn)]
  if (!handler) throw new Error(`No handler runs ${arn}.`)
  return handler
}

/** The interpreter knows neither tokens of its own for each execution nor heartbeats, so both are made here. */
const waitForToken =
  (heartbeatSeconds: number, world: TaskWorld) =>
  async ({
    FunctionName,
    Payload,
  }: {
    FunctionName: string
    Payload: object
  }): Promise<unknown> => {
    const { token, answer } = world.tokens.issue(heartbeatSeconds)
    answer.catch(() => {}) // heard below, unless the handler fails first
    try {
      await handlerOf(FunctionName, world)({ ...Payload, taskToken: token })
    } catch (error) {
      world.tokens.fail(token, 'States.TaskFailed', 'the dispatch failed')
      throw error
    }
    return answer
  }

const startAndWait =
  ({ runChild }: TaskWorld) =>
  async (task: { StateMachineArn: string; Name: string; Input: unknown }): Promise<unknown> => {
    try {
      await runChild(lastOfArn(task.StateMachineArn), task.Name, task.Input)
      return {}
    } catch (error) {
      throw stepError('States.TaskFailed', String(error))
    }
  }
