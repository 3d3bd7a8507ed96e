import { describe, expect, test } from 'vitest'
import { limits } from '#core/runs/limits.ts'
import exported from '#local/state-machines.json' with { type: 'json' }
import { type Machine, next, type State } from '#test/support/step-functions-limits.ts'

// What the CDK synthesises: control-plane.test.ts compares.
const machines = exported as unknown as Record<string, Machine>

const statesOf = ({ States }: Machine): [string, State][] =>
  Object.entries(States).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor ? statesOf(state.ItemProcessor) : []),
  ])
const all = Object.values(machines).flatMap(statesOf)

/** setTimeout takes 31 bits of milliseconds; more fires at once. The interpreter on one machine uses it. */
const LONGEST_SECONDS = (2 ** 31 - 1) / 1_000

describe('what the interpreter gets silently wrong is not used', () => {
  test('JSONPath only, and no variables', () => {
    const text = JSON.stringify(machines)
    expect(text).not.toMatch(/JSONata|QueryLanguage|"Assign"|"Arguments"|"Output"|\{%/)
  })

  test('state names are unique over all machines', () => {
    const names = all.map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  test('states and resources are of known kinds, Maps inline', () => {
    for (const [name, { Type, Resource, ItemProcessor }] of all) {
      expect(['Task', 'Map', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail'], name).toContain(Type)
      if (Type === 'Task')
        expect(Resource, name).toMatch(
          /^(arn:aws:lambda:local:000000000000:function:[a-z-]+|arn:aws:states:::lambda:invoke\.waitForTaskToken|arn:aws:states:::states:startExecution\.sync:2)$/,
        )
      if (Type === 'Map') expect(ItemProcessor?.ProcessorConfig?.Mode, name).toBe('INLINE')
    }
  })

  test('no context object beyond item value and task token', () => {
    const used = JSON.stringify(machines).match(/\$\$\.[\w.]+/g) ?? []
    expect([...new Set(used)].sort()).toEqual(['$$.Map.Item.Value.jobId', '$$.Task.Token'])
  })

  test('every task states its time-out: the interpreter takes 60 s where the service takes for ever', () => {
    for (const [name, { Type, TimeoutSeconds }] of all)
      if (Type === 'Task') expect(TimeoutSeconds, name).toBeGreaterThan(0)
    for (const { TimeoutSeconds } of [...Object.values(machines), ...all.map(([, state]) => state)])
      if (TimeoutSeconds !== undefined) expect(TimeoutSeconds).toBeLessThan(LONGEST_SECONDS)
  })

  test('every task that waits for a token has a heartbeat longer than a lease', () => {
    for (const [name, { Resource, HeartbeatSeconds = 0 }] of all)
      if (Resource?.endsWith('.waitForTaskToken'))
        expect(HeartbeatSeconds * 1_000, name).toBeGreaterThan(limits.leaseMs)
  })
})

describe('what passes by itself is waited for', () => {
  const retried = ({ Retry = [] }: State) => Retry.flatMap(({ ErrorEquals }) => ErrorEquals)

  // Sandbox.Timedout, Lambda.Unknown, Runtime.ExitError: AWS Step Functions Developer Guide, "Handle transient Lambda service exceptions".
  test.each([
    'CATALOG_UNAVAILABLE',
    'STORE_UNAVAILABLE',
    'Sandbox.Timedout',
    'Lambda.Unknown',
    'Runtime.ExitError',
  ])('each function is called again after %s', error => {
    for (const [name, state] of all)
      if (state.Resource?.includes('lambda')) expect(retried(state), name).toContain(error)
  })

  test('a job that was waited for too long is not begun to be waited for again', () => {
    for (const [name, state] of all)
      if (state.Resource?.endsWith('.waitForTaskToken'))
        expect(retried(state), name).not.toContain('States.Timeout')
  })
})

describe('every way through a machine ends in a recorded outcome', () => {
  /** What writes down how a job or a run came to its end. A gateway's result is stored before the task that waits for it goes on. */
  const RECORDS = /:(report-run|record-job-failure|commit-backup)$/
  const records = ({ Resource = '' }: State) =>
    RECORDS.test(Resource) || Resource.endsWith('lambda:invoke.waitForTaskToken')

  /** Every way from a state to an end, as the states that it passes. */
  const waysFrom = (machine: Machine, name: string): string[][] => {
    const state = machine.States[name]
    if (!state) throw new Error(`there is no state ${name}`)
    const after = next(state)
    const ends = state.End || state.Type === 'Succeed' || state.Type === 'Fail' ? [[name]] : []
    return [...ends, ...after.flatMap(to => waysFrom(machine, to).map(way => [name, ...way]))]
  }

  test.each(Object.keys(machines))('%s', name => {
    const machine = machines[name] as Machine
    for (const way of waysFrom(machine, machine.StartAt)) {
      const last = way.filter(state => machine.States[state]?.Type === 'Task').at(-1) ?? ''
      expect(records(machine.States[last] as State), way.join(' > ')).toBe(true)
    }
  })

  test('no failure of a step goes unrecorded: all but the last ones have a catch for everything', () => {
    const uncaught = all.filter(
      ([, { Type, Catch }]) =>
        (Type === 'Task' || Type === 'Map') &&
        !Catch?.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL')),
    )
    // The execution fails then, which its parent catches and records, and a run is gone on with when runs are looked after.
    for (const [name, state] of uncaught) expect(records(state), name).toBe(true)
    expect(uncaught.map(([name]) => name)).not.toContain('DispatchBackup')
  })
})
