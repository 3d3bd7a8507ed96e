import { describe, expect, test } from 'vitest'
import { limits } from '#core/runs/limits.ts'
import { executionOf } from '#core/runs/run.ts'
import { stateMachinesOf } from '#infra/state-machines-of.ts'
import inline from '#local/state-machines.json' with { type: 'json' }
import {
  bytesOf,
  eventsOf,
  type Machine,
  payloadsOf,
  QUOTAS,
  render,
  type State,
} from '#test/support/step-functions-limits.ts'
import { synthesise } from '#test/support/synthesis.ts'

/*
 * A policy of 10,000 VMs, at the last attempt that a run has, with every retry used up and every error as long as one may be, stays under the quotas of the
 * service at every level: the run, each child of its Map, each execution of a job.
 */

const VMS = 10_000
const ULID = '01J00000000000000000000000'
const ATTEMPT = limits.attemptsPerRun
const ITEMS = Array.from({ length: VMS }, () => ({ jobId: ULID }))
const KEY = `items/${executionOf({ runId: ULID, attempt: ATTEMPT }).name}.json`

const machines = stateMachinesOf(synthesise().plain('xenkeep-workflows')) as Record<string, Machine>
const runs = ['PolicyRun', 'RestoreRun', 'ReplicationRun', 'Maintenance']
const children = ['BackupVm', 'OneJob']

const mapOf = (name: string): State => {
  const found = Object.values(machines[name]?.States ?? {}).find(({ Type }) => Type === 'Map')
  if (!found) throw new Error(`${name} has no Map`)
  return found
}

const largest = (name: string, machine: Machine) =>
  payloadsOf(machine, inputOf(name), { resultOf, items: ITEMS }).reduce((a, b) =>
    b.bytes > a.bytes ? b : a,
  )

const inputOf = (name: string) => ({
  runId: ULID,
  attempt: ATTEMPT,
  ...(children.includes(name) && { jobId: ULID }),
})

/** What our functions answer (functions/workflow/), and what an execution that was waited for does: its description, with input and output. */
const resultOf = (resource: string): unknown => {
  if (resource.endsWith(':plan-run'))
    return { runId: ULID, attempt: ATTEMPT, jobs: VMS, list: { key: KEY } }
  if (resource.includes('startExecution'))
    return { Input: inputOf('BackupVm'), Output: {}, arns: 'a'.repeat(2_000) }
  return { runId: ULID, jobId: ULID }
}

describe.each([...runs, ...children])('%s', name => {
  const machine = machines[name] as Machine

  test('its history stays short, however many VMs', () => {
    const events = eventsOf(machine, VMS)
    expect(events).toBeLessThan(QUOTAS.historyEvents)
    if (runs.includes(name)) expect(events).toBe(eventsOf(machine, 1))
  })

  test('what passes through it stays small, also when everything fails at length', () => {
    expect(largest(name, machine).bytes).toBeLessThan(QUOTAS.payloadBytes)
  })
})

describe.each(runs)('the distributed Map of %s', name => {
  const map = mapOf(name)

  test('gives each job a history of its own, which stays short', () => {
    expect(map.ItemProcessor?.ProcessorConfig).toEqual({
      Mode: 'DISTRIBUTED',
      ExecutionType: 'STANDARD',
    })
    expect(eventsOf(map.ItemProcessor as Machine, 0)).toBeLessThan(QUOTAS.historyEvents)
  })

  test('reads its list from S3, within what an ItemReader takes, and tolerates every failure', () => {
    expect(map.ItemReader).toMatchObject({ ReaderConfig: { InputType: 'JSON' } })
    expect(map.ToleratedFailurePercentage).toBe(100)
    expect(map.Retry?.[0]?.ErrorEquals).toEqual(['States.ItemReaderFailed'])
    expect(bytesOf(ITEMS)).toBeLessThan(QUOTAS.itemFileBytes)
    expect(bytesOf(ITEMS[0])).toBeLessThan(QUOTAS.itemBytes)
    expect(bytesOf(ITEMS)).toBeGreaterThan(QUOTAS.payloadBytes) // why it is not passed on as it is
    expect(map.MaxConcurrency).toBeLessThanOrEqual(QUOTAS.distributedConcurrency)
  })

  test('names each child within what a name may have', () => {
    const start = Object.values(map.ItemProcessor?.States ?? {}).find(({ Resource }) =>
      Resource?.includes('startExecution'),
    )
    const { Name } = render(start?.Parameters, inputOf('BackupVm'), {}) as { Name: string }
    expect(Name).toBe(`${ULID}-${ATTEMPT}`)
    expect(Name.length).toBeLessThanOrEqual(QUOTAS.nameLength)
  })
})

test('an inline Map would not hold them: why the cloud has distributed ones', () => {
  const { PolicyRun } = inline as unknown as Record<string, Machine>
  expect(eventsOf(PolicyRun as Machine, VMS)).toBeGreaterThan(QUOTAS.historyEvents)
  const map = Object.values((PolicyRun as Machine).States).find(({ Type }) => Type === 'Map')
  expect(map?.MaxConcurrency).toBe(QUOTAS.inlineConcurrency)
})

test('the calculator counts what the service counts', () => {
  const task = {
    Type: 'Task',
    Resource: 'arn:aws:lambda:x',
    Retry: [{ ErrorEquals: ['a'], MaxAttempts: 4 }],
  }
  const one: Machine = { StartAt: 'A', States: { A: { ...task, End: true } } }
  expect(eventsOf(one, 0)).toBe(2 + 2 + 5 * 3)
  const caught: Machine = {
    StartAt: 'A',
    States: {
      A: {
        ...task,
        Next: 'B',
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C', ResultPath: '$.error' }],
      },
      B: { Type: 'Pass', End: true },
      C: { ...task, Parameters: { 'error.$': '$.error' }, End: true },
    },
  }
  expect(eventsOf(caught, 0)).toBe(2 + 17 + 17)
  const payloads = payloadsOf(caught, { id: 1 }, { resultOf: () => ({}), items: [] })
  expect(
    payloads.find(({ at, what }) => at === 'C' && what === 'parameters')?.bytes,
  ).toBeGreaterThan(2 * QUOTAS.causeLength)
})

test('what is waited for longest fits a history: every dispatch again of seven days, and more', () => {
  const dispatch = machines.BackupVm?.States.DispatchBackup as State
  const resumes = dispatch.Retry?.find(({ ErrorEquals }) =>
    ErrorEquals.includes('States.HeartbeatTimeout'),
  )
  const seconds = (resumes?.MaxAttempts ?? 0) * (dispatch.HeartbeatSeconds ?? 0)
  expect(seconds).toBeGreaterThan(dispatch.TimeoutSeconds ?? Number.POSITIVE_INFINITY)
})

test('distributed Maps have the states of the inline ones, name by name', () => {
  const statesOf = ({ States }: Machine): string[] =>
    Object.entries(States).flatMap(([name, { ItemProcessor }]) => [
      name,
      ...(ItemProcessor ? statesOf(ItemProcessor) : []),
    ])
  const namesOf = (given: unknown) =>
    Object.values(given as Record<string, Machine>)
      .flatMap(statesOf)
      .sort()
  expect(namesOf(machines)).toEqual(namesOf(inline))
})
