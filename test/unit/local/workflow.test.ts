import { afterEach, expect, test, vi } from 'vitest'
import type { StateMachineName } from '#core/ports.ts'
import { localWorkflow } from '#local/workflow/workflow.ts'

const RUN = '01J00000000000000000000000'
const JOB = '01J00000000000000000000001'

afterEach(() => void vi.useRealTimers())

type Input = Record<string, unknown>

const planned = (...jobIds: string[]) => ({
  runId: RUN,
  attempt: 1,
  jobs: jobIds.length,
  items: jobIds.map(jobId => ({ jobId })),
})

/** The synthesised machines on handlers that write down their calls. */
const machineRoom = (overrides: Record<string, (input: Input) => unknown> = {}) => {
  const calls: [name: string, input: Input][] = []
  const logged: string[] = []
  const handle = (name: string, answer: (input: Input) => unknown) => async (input: unknown) => {
    calls.push([name, input as Input])
    return (overrides[name] ?? answer)(input as Input)
  }
  const handlers = {
    'plan-run': handle('plan-run', () => planned(JOB)),
    'dispatch-job': handle('dispatch-job', ({ taskToken }) => {
      void workflow.succeedTask(String(taskToken), {})
      return {}
    }),
    'commit-backup': handle('commit-backup', () => ({})),
    'record-job-failure': handle('record-job-failure', () => ({})),
    'report-run': handle('report-run', () => ({})),
  }
  const workflow = localWorkflow({ handlers: () => handlers, log: line => logged.push(line) })
  const until = async (name: string) =>
    vi.waitFor(() => expect(calls.map(([called]) => called)).toContain(name), 20_000)
  const start = (machine: StateMachineName, attempt = 1) =>
    workflow.start(machine, attempt === 1 ? RUN : `${RUN}-${attempt}`, { runId: RUN, attempt })
  return { workflow, calls, logged, until, start, names: () => calls.map(([name]) => name) }
}

test('a policy run plans, backs up each VM in an execution of its own, and reports', async () => {
  const { start, until, calls } = machineRoom()
  await start('PolicyRun')
  await until('report-run')
  expect(calls).toEqual([
    ['plan-run', { runId: RUN, attempt: 1 }],
    [
      'dispatch-job',
      { runId: RUN, attempt: 1, jobId: JOB, taskToken: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ],
    ['commit-backup', { runId: RUN, attempt: 1, jobId: JOB }],
    ['report-run', { runId: RUN, attempt: 1 }],
  ])
})

test('a run over jobs of any kind dispatches each; one that fails is recorded, and the others go on', async () => {
  const lost = '01J00000000000000000000002'
  const { workflow, start, until, calls, names } = machineRoom({
    'plan-run': () => planned(lost, JOB),
    'dispatch-job': ({ jobId, taskToken }) => {
      if (jobId === lost) return failWith('JOB_NOT_FOUND', 'There is no such job.')()
      void workflow.succeedTask(String(taskToken), {})
      return {}
    },
  })
  await start('RestoreRun')
  await until('report-run')
  expect(names().sort()).toEqual([
    'dispatch-job',
    'dispatch-job',
    'plan-run',
    'record-job-failure',
    'report-run',
  ])
  expect(calls).toContainEqual([
    'record-job-failure',
    {
      runId: RUN,
      attempt: 1,
      jobId: lost,
      error: { Error: 'JOB_NOT_FOUND', Cause: 'There is no such job.' },
    },
  ])
  expect(calls.at(-1)).toEqual(['report-run', { runId: RUN, attempt: 1 }])
})

test('an execution of a name runs once at a time', async () => {
  const { start, until, names } = machineRoom()
  await Promise.all([start('PolicyRun'), start('PolicyRun')])
  await until('report-run')
  expect(names().filter(name => name === 'plan-run')).toHaveLength(1)
})

test('a job that nobody tells of is dispatched again with a new token after ten minutes', async () => {
  vi.useFakeTimers()
  const tokens: string[] = []
  const { workflow, start, names } = machineRoom({
    'dispatch-job': ({ taskToken }) => {
      tokens.push(String(taskToken))
      return {}
    },
  })
  await start('PolicyRun')
  await vi.advanceTimersByTimeAsync(599_000)
  expect(tokens).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(tokens).toHaveLength(2)
  expect(tokens[0]).not.toBe(tokens[1])
  expect(await workflow.succeedTask(tokens[0] ?? '', {})).toBe(false)

  // Heartbeats carry it as long as they come: nothing ends a task before its seven days.
  for (let minute = 0; minute < 120; minute += 9) {
    expect(await workflow.heartbeatTask(tokens[1] ?? '')).toBe(true)
    await vi.advanceTimersByTimeAsync(9 * 60_000)
  }
  expect(tokens).toHaveLength(2)
  expect(await workflow.succeedTask(tokens[1] ?? '', {})).toBe(true)
  await vi.advanceTimersByTimeAsync(10)
  expect(names().slice(-2)).toEqual(['commit-backup', 'report-run'])
})

const failWith = (name: string, message: string) => () => {
  const error = new Error(message)
  error.name = name
  throw error
}

test('a step that fails for good is recorded with its reason, and the run still reports', async () => {
  const { start, until, calls } = machineRoom({
    'dispatch-job': failWith('JOB_NOT_FOUND', 'There is no such job.'),
  })
  await start('PolicyRun')
  await until('report-run')
  const error = { Error: 'JOB_NOT_FOUND', Cause: 'There is no such job.' }
  expect(calls.slice(2)).toEqual([
    ['record-job-failure', { runId: RUN, attempt: 1, jobId: JOB, error }],
    ['report-run', { runId: RUN, attempt: 1 }],
  ])
})

test('a step that fails for a while is tried again', async () => {
  vi.useFakeTimers()
  let failures = 3
  const { start, names } = machineRoom({
    'commit-backup': () => {
      if (failures-- > 0) failWith('CATALOG_UNAVAILABLE', 'busy')()
      return {}
    },
  })
  await start('PolicyRun')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(names().filter(name => name === 'commit-backup')).toHaveLength(4)
  expect(names()).not.toContain('record-job-failure')
  expect(names().at(-1)).toBe('report-run')
})

test.each(['PolicyRun', 'RestoreRun', 'ReplicationRun', 'Maintenance'] as const)(
  '%s reports a failed plan',
  async machine => {
    const fail = failWith('RUN_NOT_FOUND', 'There is no such run.')
    const { start, until, calls } = machineRoom({ 'plan-run': fail })
    await start(machine)
    await until('report-run')
    expect(calls.at(-1)).toEqual([
      'report-run',
      { runId: RUN, attempt: 1, error: { Error: 'RUN_NOT_FOUND', Cause: 'There is no such run.' } },
    ])
  },
)

test('an execution that fails is told, its name is used up, and the next attempt goes on', async () => {
  let fails = true
  const { start, logged, until, names } = machineRoom({
    'report-run': () => (fails ? failWith('CATALOG_FULL', 'No space.')() : {}),
  })
  await start('PolicyRun')
  await vi.waitFor(() => expect(logged).toEqual([`PolicyRun ${RUN} failed: No space.`]), 20_000)
  fails = false
  expect(await start('PolicyRun')).toBe('ended')
  expect(await start('PolicyRun', 2)).toBe('running')
  await until('report-run')
  await vi.waitFor(
    () => expect(names().filter(name => name === 'report-run')).toHaveLength(2),
    20_000,
  )
})

test('a stopped execution does nothing more', async () => {
  const { workflow, start, until, names } = machineRoom({ 'dispatch-job': () => ({}) })
  await start('PolicyRun')
  await until('dispatch-job')
  await workflow.stop('PolicyRun', RUN, 'by hand')
  await workflow.stop('PolicyRun', 'never started', 'by hand')
  expect(names()).toEqual(['plan-run', 'dispatch-job'])
})
