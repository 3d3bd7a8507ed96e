import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Hooks } from '#core/contracts/hooks.ts'
import { JobCancelledError, LeaseLostError } from '#gateway-agent/control/errors.ts'
import type { Performed } from '#gateway-agent/control/leased-job.ts'
import { type HookOptions, withHooks } from '#gateway-agent/jobs/hooks/with-hooks.ts'
import { agentOnPool } from '#test/support/agent-on-pool.ts'
import { until } from '#test/support/patience.ts'

const FACTS = {
  ...{ jobId: '01J00000000000000000000001', policyId: '01J00000000000000000000002' },
  vmUuid: '00000000-0000-4000-8000-000000000001',
  ...{ vmName: 'db-01', poolUuid: '00000000-0000-4000-8000-0000000000aa' },
}
const DONE = { outcome: { status: 'backed-up', notes: ['as ever'] } } as unknown as Performed

/** Programs that write what they were told into a file, and the lines of that file. */
const gateway = (hooks: unknown, scripts: Record<string, string> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-hooks-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'told')
  const argv = (script: string) => ['/bin/sh', '-c', script, 'sh', file]
  const warnings: string[] = []
  const options: HookOptions = {
    hooks: Hooks.parse(hooks),
    scripts: {
      tell: argv('cat >> "$1"'),
      ...Object.fromEntries(Object.entries(scripts).map(([name, text]) => [name, argv(text)])),
    },
    facts: FACTS,
    context: { signal: new AbortController().signal, report: () => {} },
    timer: () => new AbortController().signal,
    log: { info: () => {}, warn: line => warnings.push(line), error: () => {} },
  }
  const told = () =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
  const has = () => existsSync(file) && statSync(file).size > 0
  return { options, told, has, warnings }
}

test('programs run before and after, and are told what is backed up and what became of it', async () => {
  const { options, told } = gateway({ before: { script: 'tell' }, after: { script: 'tell' } })
  expect(await withHooks(options, async () => DONE)).toStrictEqual(DONE)
  expect(told()).toStrictEqual([
    { ...FACTS, when: 'before' },
    { ...FACTS, when: 'after', status: 'backed-up' },
  ])
})

test('where the first program fails nothing is backed up, and the second runs all the same', async () => {
  const hooks = { before: { script: 'fails' }, after: { script: 'tell' } }
  const { options, told } = gateway(hooks, { fails: 'echo no licence >&2; exit 3' })
  let begun = false
  const backup = async () => {
    begun = true
    return DONE
  }
  await expect(withHooks(options, backup)).rejects.toMatchObject({
    code: 'HOOK_FAILED',
    message:
      'The program before the backup failed, so nothing was backed up: "fails" ended with exit code 3: no licence',
  })
  expect(begun).toBe(false)
  expect(told()).toStrictEqual([{ ...FACTS, when: 'after', status: 'failed' }])
})

test.each([
  [
    { before: { script: 'fails', ifFails: 'note' } },
    'before the backup failed: "fails" ended with exit code 1.',
  ],
  [{ after: { script: 'fails' } }, 'after the backup failed: "fails" ended with exit code 1.'],
  [
    { before: { script: 'unknown', ifFails: 'note' } },
    'before the backup failed: the settings of this gateway have no program "unknown" (hookScripts).',
  ],
  // A name that every object knows is none of the settings either.
  [
    { before: { script: 'constructor', ifFails: 'note' } },
    'before the backup failed: the settings of this gateway have no program "constructor" (hookScripts).',
  ],
])('%j: the point is made, with a note', async (hooks, words) => {
  const { options } = gateway(hooks, { fails: 'exit 1' })
  expect(await withHooks(options, async () => DONE)).toMatchObject({
    outcome: { notes: [`The program ${words}`, 'as ever'] },
  })
})

test('a program that takes too long is ended, and the point is made with a note', async () => {
  const { options } = gateway({ after: { script: 'sleeps' } }, { sleeps: 'sleep 30' })
  const hurried = { ...options, timer: () => AbortSignal.timeout(50) }
  expect(await withHooks(hurried, async () => DONE)).toMatchObject({
    outcome: {
      notes: ['The program after the backup failed: "sleeps" took longer than 300 s.', 'as ever'],
    },
  })
})

test('what a program has started is ended with it at its time, and the name of a VM is nothing but data', async () => {
  const hooks = { before: { script: 'starts', ifFails: 'note' } }
  const { options, told, has } = gateway(hooks, {
    starts: '(trap "" HUP TERM; sleep 0.4; echo "{}" >> "$1") & cat >> "$1"; wait',
  })
  // Its time is over when it has written.
  const timer = () => {
    const late = new AbortController()
    void until('it has written', () => has()).then(() => late.abort())
    return late.signal
  }
  const vmName = '$(touch /tmp/x); `id`\n"--all" \u0000'
  const performed = await withHooks(
    { ...options, timer, facts: { ...FACTS, vmName } },
    async () => DONE,
  )
  expect(performed.outcome).toMatchObject({
    notes: [expect.stringContaining('"starts" took longer than 300 s'), 'as ever'],
  })
  await new Promise(resolve => setTimeout(resolve, 400))
  expect(told()).toStrictEqual([{ ...FACTS, vmName, when: 'before' }])
})

test('a backup that fails keeps its own reason; the second program runs, and what it has to say is told with it', async () => {
  const { options, warnings } = gateway({ after: { script: 'fails' } }, { fails: 'exit 1' })
  const backup = async () => {
    throw new Error('no snapshot')
  }
  expect(await withHooks(options, backup)).toStrictEqual({
    outcome: {
      status: 'failed',
      problem: {
        code: 'UNEXPECTED',
        message:
          'Something unexpected happened: no snapshot The program after the backup failed: "fails" ended with exit code 1.',
        advice: expect.any(String),
        retryable: false,
      },
    },
  })
  expect(warnings).toStrictEqual([
    'The program after a failed backup failed: "fails" ended with exit code 1.',
  ])
})

test.each([
  ['ran', 'tell', undefined],
  ['failed', 'fails', ['The program after the backup failed: "fails" ended with exit code 1.']],
])('of a job that is cancelled the second program runs; it %s', async (_, script, notes) => {
  const { options, told } = gateway(
    { before: { script: 'tell' }, after: { script } },
    { fails: 'exit 1' },
  )
  const stop = new AbortController()
  const context = { ...options.context, signal: stop.signal }
  const done = withHooks({ ...options, context }, async () => {
    stop.abort(new JobCancelledError())
    throw stop.signal.reason
  })
  if (notes) expect(await done).toStrictEqual({ outcome: { status: 'cancelled', notes } })
  else {
    await expect(done).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    expect(told().at(-1)).toStrictEqual({ ...FACTS, when: 'after', status: 'failed' })
  }
})

test('a job that goes on elsewhere tells nothing here', async () => {
  const { options } = gateway({ after: { script: 'fails' } }, { fails: 'exit 1' })
  const signal = AbortSignal.abort(new LeaseLostError(undefined))
  const done = withHooks({ ...options, context: { ...options.context, signal } }, async () => {
    throw signal.reason
  })
  await expect(done).rejects.toMatchObject({ code: 'LEASE_LOST' })
})

test('a backup of a pool: programs of the settings alone are run, and without the one that it names nothing is backed up', async () => {
  const { options, told } = gateway({ before: { script: 'tell' } })
  const disks = { db: [Buffer.alloc(1024 * 1024, 7)] }
  await using agent = await agentOnPool(disks, {}, { hookScripts: options.scripts })
  const spec = agent.backupSpec('db')
  const hooks = { before: { script: 'tell' }, after: { script: 'tell' } }
  const done = await agent.run({ ...spec, hooks: Hooks.parse(hooks) })
  expect(done.outcome.status).toBe('backed-up')
  const { vmUuid, poolUuid } = spec
  const facts = { jobId: done.jobId, vmUuid, vmName: 'db', poolUuid }
  expect(told()).toStrictEqual([
    { ...facts, when: 'before' },
    { ...facts, when: 'after', status: 'backed-up' },
  ])
  const other = Hooks.parse({ before: { script: 'other' } })
  await expect(agent.run({ ...spec, hooks: other })).rejects.toMatchObject({ code: 'HOOK_FAILED' })
  expect(await Array.fromAsync(agent.repository.points(vmUuid))).toHaveLength(1)
})
