/*
 * What the quotas of AWS Step Functions mean for a machine: how many events its history has at worst, and how large what passes through it is at worst. Both are
 * found by walking the synthesised definition. Sources: AWS Step Functions Developer Guide, "Service quotas" and "ItemReader"; API reference, HistoryEvent.
 */

export const QUOTAS = {
  /** Events of one execution; the one that reaches it fails. A child of a distributed Map has a history of its own. */
  historyEvents: 25_000,
  /** Bytes of what a task, state or execution is given or gives, as UTF-8. */
  payloadBytes: 262_144,
  /** Iterations of an inline Map that run at once. */
  inlineConcurrency: 40,
  /** Child executions of a distributed Map that run at once. */
  distributedConcurrency: 10_000,
  /** Bytes of one item that an ItemReader reads from a JSON file. */
  itemBytes: 8 * 1024 * 1024,
  /** Bytes of a JSON file that an ItemReader reads. */
  itemFileBytes: 10 * 1024 ** 3,
  /** Characters of the name of an execution. */
  nameLength: 80,
  /** SendTaskFailure: characters of `error` and `cause`; what a Lambda throws is cut to them as well. */
  errorLength: 256,
  causeLength: 32_768,
  /** Characters of a task token. */
  tokenLength: 2_048,
}

export interface State {
  Type: string
  Resource?: string
  Next?: string
  End?: boolean
  Default?: string
  Choices?: { Next: string }[]
  Retry?: { ErrorEquals: string[]; MaxAttempts?: number }[]
  Catch?: { ErrorEquals: string[]; Next: string; ResultPath?: string | null }[]
  Parameters?: Record<string, unknown>
  ItemSelector?: Record<string, unknown>
  ItemReader?: { ReaderConfig: { InputType: string }; Parameters: Record<string, unknown> }
  ItemProcessor?: Machine & { ProcessorConfig: { Mode: string; ExecutionType?: string } }
  ItemsPath?: string
  MaxConcurrency?: number
  ToleratedFailurePercentage?: number
  Result?: unknown
  ResultPath?: string | null
  TimeoutSeconds?: number
  HeartbeatSeconds?: number
}
export interface Machine {
  StartAt: string
  States: Record<string, State>
  TimeoutSeconds?: number
}

/** Attempts at a task at worst: each retrier counts for itself; 3 where it does not say (Amazon States Language). */
const attemptsOf = ({ Retry = [] }: State): number =>
  1 + Retry.reduce((sum, { MaxAttempts = 3 }) => sum + MaxAttempts, 0)

/** Scheduled, Started, Succeeded, Failed or TimedOut; Submitted too, where an integration waits for an answer. */
const eventsOfAttempt = (resource: string): number => (resource.includes(':states:::') ? 4 : 3)

/** Entered and Exited, of states that have both. */
const AROUND = 2

export const next = ({ Next, Default, Choices = [], Catch = [] }: State): string[] => [
  ...(Next === undefined ? [] : [Next]),
  ...(Default === undefined ? [] : [Default]),
  ...[...Choices, ...Catch].map(branch => branch.Next),
]

/**
 * Events of one execution at worst: every retry is used up, and the longest way is taken. Machines go in no circles.
 * @param items that a Map has to go through
 */
export const eventsOf = (machine: Machine, items: number): number => {
  const ofState = (state: State): number => {
    switch (state.Type) {
      case 'Task':
        return AROUND + attemptsOf(state) * eventsOfAttempt(state.Resource ?? '')
      case 'Map': {
        const { ItemProcessor: processor } = state
        if (!processor) throw new Error('a Map without a processor')
        // MapRunStarted, MapRunSucceeded or MapRunFailed, MapStateStarted, MapStateFailed
        if (processor.ProcessorConfig.Mode === 'DISTRIBUTED') return AROUND + 4 * attemptsOf(state)
        // MapStateStarted, MapStateSucceeded; MapIterationStarted and MapIterationSucceeded, Failed or Aborted
        return AROUND + 2 + items * (2 + longest(processor, processor.StartAt))
      }
      default:
        return AROUND
    }
  }
  const longest = (of: Machine, name: string): number => {
    const state = of.States[name]
    if (!state) throw new Error(`there is no state ${name}`)
    return ofState(state) + Math.max(0, ...next(state).map(after => longest(of, after)))
  }
  return 2 + longest(machine, machine.StartAt) // ExecutionStarted, and how it ended
}

/** Reads as much of JSONPath and of the intrinsic functions as the machines use. */
const valueAt = (path: string, data: unknown, context: unknown): unknown => {
  const format = /^States\.Format\('(.*)', (.*)\)$/.exec(path)
  if (format) {
    const values = (format[2] ?? '').split(', ').map(part => valueAt(part, data, context))
    return (format[1] ?? '').replaceAll('{}', () => String(values.shift()))
  }
  const root = path.startsWith('$$') ? context : data
  return path
    .replace(/^\$\$?\.?/, '')
    .split('.')
    .filter(Boolean)
    .reduce((at, key) => (at as Record<string, unknown>)[key], root)
}

export const render = (template: unknown, data: unknown, context: unknown): unknown => {
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$')
        ? [key.slice(0, -2), valueAt(String(value), data, context)]
        : [key, render(value, data, context)],
    ),
  )
}

export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** An error as large as one may be, of characters that take the most bytes in JSON. */
const WORST_ERROR = {
  Error: 'E'.repeat(QUOTAS.errorLength),
  Cause: '\n'.repeat(QUOTAS.causeLength), // two bytes each
}

/** Where a payload passes: the state, what it is of, and how large it is at worst. */
export interface Payload {
  at: string
  what: 'input' | 'parameters' | 'result' | 'output'
  bytes: number
  value: unknown
}

/**
 * Sends the largest values through every way of a machine.
 * @param resultOf what a function answers at most, by the end of its ARN, for the payload that it gets
 * @param items what a Map finds where it looks
 */
export const payloadsOf = (
  machine: Machine,
  input: unknown,
  {
    resultOf,
    items,
  }: { resultOf: (resource: string, payload: unknown) => unknown; items: readonly unknown[] },
): Payload[] => {
  const seen: Payload[] = []
  const walk = (of: Machine, name: string, data: unknown, context: object): void => {
    const state = of.States[name]
    if (!state) throw new Error(`there is no state ${name}`)
    const note = (what: Payload['what'], value: unknown): unknown => {
      seen.push({ at: name, what, bytes: bytesOf(value), value })
      return value
    }
    note('input', data)
    const output = note('output', outputOf(state, data, context, note))
    for (const { Next, ResultPath } of state.Catch ?? [])
      walk(
        of,
        Next,
        ResultPath === '$.error' ? { ...(data as object), error: WORST_ERROR } : data,
        context,
      )
    for (const after of next({ ...state, Catch: [] })) walk(of, after, output, context)
  }
  const outputOf = (
    state: State,
    data: unknown,
    context: object,
    note: (what: Payload['what'], value: unknown) => unknown,
  ): unknown => {
    const kept = (result: unknown) => (state.ResultPath === null ? data : result)
    if (state.Type === 'Pass') return state.Result ?? data
    if (state.Type === 'Task') {
      const token = { Task: { Token: 'T'.repeat(QUOTAS.tokenLength) }, ...context }
      const parameters = note('parameters', render(state.Parameters ?? data, data, token))
      return kept(note('result', resultOf(state.Resource ?? '', parameters)))
    }
    if (state.Type !== 'Map' || !state.ItemProcessor) return data
    const [item] = items
    const within = { Map: { Item: { Value: item } } }
    walk(
      state.ItemProcessor,
      state.ItemProcessor.StartAt,
      render(state.ItemSelector, data, within),
      within,
    )
    const ends = seen.filter(
      ({ at, what }) => what === 'output' && state.ItemProcessor?.States[at]?.End,
    )
    const largest = ends.toSorted((a, b) => b.bytes - a.bytes)[0]?.value ?? {}
    return kept(
      note(
        'result',
        items.map(() => largest),
      ),
    )
  }
  walk(machine, machine.StartAt, input, {})
  return seen
}
