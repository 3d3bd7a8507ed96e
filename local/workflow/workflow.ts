import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions'
import type { StateMachineName, Workflow } from '#core/ports.ts'
import type { TaskHandler } from '#functions/middleware/task-handler.ts'
import machines from '../state-machines.json' with { type: 'json' }
import type { Definition } from './definition.ts'
import { type TaskWorld, taskResources } from './task-resources.ts'
import { taskTokens } from './task-tokens.ts'

interface Execution {
  ended: Promise<void>
  abort: () => void
}

/**
 * Step Functions on one machine: the state machines that the CDK synthesised, run by aws-local-stepfunctions. Executions live in
 * memory; after a restart each open run is started again under its own name, and every step finds what it did before. A name whose
 * execution has ended since then has been used, as in the cloud: a run that is still open goes on with its next attempt, of which it has
 * a limited number.
 *
 * @param handlers by file name; given as a function because handlers and workflow need each other
 * @param log hears of executions that failed, which are started again when the runs are tended
 * @param entered hears of each state that is entered, and of the start of each execution: what AWS bills as a transition
 */
export const localWorkflow = ({
  handlers,
  log,
  entered,
}: {
  handlers: () => Record<string, TaskHandler>
  log: (line: string) => void
  entered?: () => void
}): Workflow => {
  const executions = new Map<string, Execution>()
  const over = new Set<string>()
  const tokens = taskTokens()

  /** Starts an execution, or joins the one of this name that runs. */
  const execute = (machine: string, executionName: string, input: unknown): Execution => {
    const name = `${machine}:${executionName}`
    const running = executions.get(name)
    if (running) return running

    const definition = definitionOf(machine)
    const world: TaskWorld = {
      handlers: handlers(),
      tokens,
      runChild: (child, childName, childInput) => execute(child, childName, childInput).ended,
    }
    const { result, abort, eventLogs } = interpreterOf(definition).run(input as never, {
      // `$$.Task.Token` has to be something; the real one is made where the task starts.
      context: { Task: { Token: 'made by the task' }, Execution: { Name: executionName } },
      overrides: { taskResourceLocalHandlers: taskResources(definition, world) as never },
    })
    if (entered) void hear(eventLogs, entered)
    const ended = result.then(() => {}).finally(() => executions.delete(name))
    ended.catch(error => log(`${machine} ${executionName} failed: ${reasonOf(error)}`))
    const execution = { ended, abort }
    executions.set(name, execution)
    return execution
  }

  return {
    start: async (machine, executionName, input) => {
      const name = `${machine}:${executionName}`
      if (over.has(name)) return 'ended'
      const { ended } = execute(machine, executionName, input)
      void ended.catch(() => {}).then(() => remember(over, name))
      return 'running'
    },
    stop: async (machine: StateMachineName, executionName) => {
      executions.get(`${machine}:${executionName}`)?.abort()
    },
    succeedTask: async (token, output) => tokens.succeed(token, output),
    failTask: async (token, error, cause) => tokens.fail(token, error, cause),
    heartbeatTask: async token => tokens.heartbeat(token),
  }
}

/** So many names of executions that have ended are known: more than are ever open at once. */
const REMEMBERED = 10_000

const remember = (over: Set<string>, name: string): void => {
  over.add(name)
  const [oldest] = over
  if (over.size > REMEMBERED && oldest !== undefined) over.delete(oldest)
}

const hear = async (events: AsyncIterable<{ type: string }>, entered: () => void) => {
  for await (const { type } of events)
    if (type === 'StateEntered' || type === 'ExecutionStarted') entered()
}

const definitionOf = (machine: string): Definition => {
  const definition = (machines as Record<string, Definition>)[machine]
  if (!definition) throw new Error(`There is no state machine ${machine}.`)
  return definition
}

const interpreters = new Map<Definition, StateMachine>()

const interpreterOf = (definition: Definition): StateMachine => {
  const known = interpreters.get(definition)
  if (known) return known
  // checkArn knows no resource that ends like ours: `local` is no region.
  const made = new StateMachine(definition as unknown as StateMachineDefinition, {
    validationOptions: { checkArn: false },
  })
  interpreters.set(definition, made)
  return made
}

const reasonOf = (error: unknown): string =>
  error instanceof Error
    ? error.cause instanceof Error
      ? error.cause.message
      : error.message
    : String(error)
