import { describe, expect, test } from 'vitest'
import { limits } from '#core/runs/limits.ts'
import exported from '#local/state-machines.json' with { type: 'json' }

interface State {
  Type: string
  Resource?: string
  TimeoutSeconds?: number
  HeartbeatSeconds?: number
  Catch?: { ErrorEquals: string[] }[]
  ItemProcessor?: Machine & { ProcessorConfig?: { Mode: string } }
  MaxConcurrency?: number
}
interface Machine {
  StartAt: string
  States: Record<string, State>
  TimeoutSeconds?: number
  QueryLanguage?: string
}

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

test('no failure of a step goes unrecorded: all but the last ones have a catch for everything', () => {
  const uncaught = all
    .filter(
      ([, { Type, Catch }]) =>
        (Type === 'Task' || Type === 'Map') &&
        !Catch?.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL')),
    )
    .map(([name]) => name)
  expect(uncaught.sort()).toEqual([
    'RecordBackupFailure', // its execution fails, which the parent catches and records
    'RecordOneJobFailure', // likewise
    'ReportMaintenance',
    'ReportMaintenanceFailure',
    'ReportPolicyRun',
    'ReportPolicyRunFailure',
    'ReportReplicationRun',
    'ReportReplicationRunFailure',
    'ReportRestoreRun',
    'ReportRestoreRunFailure',
  ])
})
