import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import type { Workflow } from '#core/ports.ts'
import { limits } from '#core/runs/limits.ts'
import type { Run } from '#core/runs/run.ts'
import { createRun, readRun } from '#core/runs/runs-catalog.ts'
import { driveRun } from '#functions/runs/drive-run.ts'

const RUN = '01J00000000000000000000000'
const run: Run = { runId: RUN, kind: 'restore', state: 'running', title: 'web01', started: 1 }

/** A Step Functions that knows which executions have ended. */
const serviceWith = async (given: Run, ended: (name: string) => boolean) => {
  const catalog = memoryCatalog()
  await createRun(catalog, given, [])
  const started: unknown[] = []
  const workflow = {
    start: async (...call: Parameters<Workflow['start']>) => {
      if (ended(call[1])) return 'ended'
      started.push(call)
      return 'running'
    },
  } as Workflow
  const ports = { catalog, workflow, clock: { now: () => 7 }, random: systemRandom }
  return { ports, started, read: async () => (await readRun(catalog, RUN)).value }
}

test('a run whose execution has ended is gone on with by the next one, under its own name', async () => {
  const first = { ...run, attempt: 1 }
  const { ports, started, read } = await serviceWith(first, name => name === `${RUN}-1`)
  await driveRun(ports, first)
  expect(started).toEqual([['RestoreRun', `${RUN}-2`, { runId: RUN, attempt: 2 }]])
  expect(await read()).toEqual({
    ...run,
    attempt: 2,
    log: [{ at: 7, text: 'its execution had ended before it did: execution 2 goes on' }],
  })
})

test('a run of an older version gets its first attempt, so that nothing its old execution does counts', async () => {
  const { ports, started, read } = await serviceWith(run, () => false)
  await driveRun(ports, run)
  expect(started).toEqual([['RestoreRun', `${RUN}-1`, { runId: RUN, attempt: 1 }]])
  expect(await read()).toMatchObject({ ...run, attempt: 1 })
})

test('two who drive a run at once make one new attempt', async () => {
  const first = { ...run, attempt: 1 }
  const { ports, started, read } = await serviceWith(first, name => name === `${RUN}-1`)
  await Promise.all([driveRun(ports, first), driveRun(ports, first)])
  expect(new Set(started.map(call => JSON.stringify(call))).size).toBe(1)
  expect(await read()).toMatchObject({ attempt: 2 })
})

test('a run that ended meanwhile is left alone', async () => {
  const { ports, started } = await serviceWith({ ...run, attempt: 1, state: 'failed' }, () => true)
  await driveRun(ports, { ...run, attempt: 1 })
  expect(started).toEqual([])
})

test('a run whose executions never last is failed, and says so', async () => {
  const { ports, read } = await serviceWith({ ...run, attempt: 1 }, () => true)
  await driveRun(ports, { ...run, attempt: 1 })
  expect(await read()).toMatchObject({
    state: 'failed',
    attempt: limits.attemptsPerRun + 1,
    problem: { code: 'WORKFLOW_INTERRUPTED' },
  })
})
