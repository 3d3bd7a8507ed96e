import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SiteStepView } from '#core/contracts/site-restores-api.ts'
import { startLedgerGuest } from '#test/support/ledger-guest.ts'
import { MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { LEDGER } from '#test/support/recipes/ledger.ts'
import { xenkeep } from '#test/support/xenkeep.ts'

/*
 * Motivation: at three in the morning a restore stops where a person has to do something. It has to say what, wait, and go on from there and nowhere else, whatever
 * becomes of the agent meanwhile; and nobody may believe that it is done.
 *
 * Steps: a guest with a recipe of its own, whose agent is a real process, is saved as a member of a site. Its agent is killed (SIGKILL) between two steps of the restore, and while the restore waits; the restore is
 * gone on with in wrong ways and in the right one, as a run of its own and as a step of a site; one is given up, and one is cut off in the middle of a step.
 *
 * Passes when runs, steps, exit codes and lines say that a person is waited for, every step that changes something was done once, and nothing is kept afterwards.
 */

let machine: Awaited<ReturnType<typeof startMachine>>
let guest: Awaited<ReturnType<typeof startLedgerGuest>>
const holders: ChildProcess[] = []

beforeAll(async () => {
  machine = await startMachine({ books: [randomBytes(MiB)] }, { running: false })
  guest = await startLedgerGuest(machine)
})

afterAll(async () => {
  for (const holder of holders) holder.kill('SIGKILL')
  await guest?.stop()
  await machine?.stop()
})

const command = (...args: string[]) => xenkeep([...args, '--data', machine.site.dataDir])
const restore = (...args: string[]) => command('guests', 'restore', guest.pointId, ...args)
const lines = (name: string) => {
  const file = join(guest.folder, name)
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
const staging = () => readdirSync(join(guest.dataDir, 'guest', 'staging'))
/** @returns what lets it go */
const hold = async (lock: string) => {
  const holder = spawn('flock', [join(guest.folder, lock), 'sh', '-c', 'echo held; cat'])
  holders.push(holder)
  await once(holder.stdout, 'data')
  return async () => {
    holder.stdin.end()
    await once(holder, 'exit')
  }
}
const newestRun = async () => (await machine.person.call('listRuns', { query: {} })).items[0]
/** A restore that is begun and comes to a step that waits for a lock. */
const begunUpTo = async (number: number, steps?: { from: number }) => {
  const { runId } = await machine.person.call('startRun', {
    body: { kind: 'component-restore', pointId: guest.pointId, ...(steps && { steps }) },
  })
  await until(`it is in step ${number}`, async () => {
    const { jobs } = await machine.getRun(runId)
    return (
      jobs[0]?.progress?.steps?.some(one => one.number === number && one.state === 'now') === true
    )
  })
  return runId
}

test('killed between two steps, it goes on by itself, and stops for a person', async () => {
  const free = await hold('lock')
  const runId = await begunUpTo(2)
  await guest.killAgent()
  await free()
  await guest.startAgent()
  const { run, jobs } = await machine.finished(runId)
  expect(jobs[0]?.attempts).toBe(2)
  expect(run).toMatchObject({ state: 'action-required' })
  expect(run.line).toMatch(
    /^stopped for a person at step 4 of 7, "off" \(goes on from step 5\): Look at \S+\/data, and switch the ledger off\.$/,
  )
  expect(lines('stopped')).toEqual(['stopped'])
  expect(lines('back')).toEqual([])
})

test('it goes on from nowhere else, and nothing else begins', async () => {
  for (const [args, code, says] of [
    [[], 'COMPONENT_RESTORE_OPEN', 'waits for a person at step 4, "off"'],
    [['--from', '2'], 'COMPONENT_RESTORE_STEP', 'step 2 is not the one that is open'],
    [['--from', '40'], 'COMPONENT_RESTORE_STEP', 'there is no step 40, the recipe has 7'],
  ] as const) {
    const { exitCode, stderr } = await restore(...args)
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(code),
    })
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(says)
  }
  const removal = command('points', 'delete', guest.pointId, '--yes')
  expect((await removal).exitCode).not.toBe(0)
  const former = (await newestRun())?.runId ?? ''
  expect(await command('retry', former)).toMatchObject({ exitCode: 2 })
})

test('killed while it waits, it goes on with what was laid there, to its end', async () => {
  await guest.killAgent()
  await guest.startAgent()
  const { exitCode, stdout } = await restore('--from', '5')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('done      4 off: by a person: Look at')
  expect([lines('stopped'), lines('back'), lines('started')]).toEqual([
    ...[['stopped'], ['kept'], ['started']],
  ])
  expect(staging()).toEqual([])
  const run = await newestRun()
  expect(run?.state).toBe('succeeded')
  const former = await machine.getRun(run?.goesOnFrom ?? '')
  expect(former.run).toMatchObject({ state: 'action-required', goneOnBy: run?.runId })
})

test('a changed recipe is told, and giving up ends what is paused', async () => {
  expect((await restore()).exitCode).toBe(3)
  await writeFile(guest.recipeFile, JSON.stringify({ ...LEDGER, version: 2 }))
  const changed = await restore('--from', '5')
  // A run was begun for it, so it is none of a wrong command line.
  expect(changed).toMatchObject({ exitCode: 1 })
  expect(changed.stderr).toContain('begun with version 1, and the one there now is version 2')
  await writeFile(guest.recipeFile, JSON.stringify(LEDGER))
  expect(staging()).toHaveLength(1)
  const { exitCode, stdout } = await restore('--give-up')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('"started" was done, so that nothing stays paused.')
  expect(staging()).toEqual([])
  expect([lines('stopped').length, lines('started').length]).toEqual([2, 2])
  expect(await restore('--from', '5')).toMatchObject({ exitCode: 2 })
})

test('a step of a site stays open until the last step of the recipe has run', async () => {
  const began = await machine.person.call('startSiteRestore', {
    body: { pointId: guest.sitePointId },
  })
  const { restoreId } = began
  const stepNow = async (): Promise<SiteStepView | undefined> =>
    (await machine.person.call('getSiteRestore', { params: { restoreId } })).steps.find(
      ({ job }) => job?.kind === 'restore-component',
    )
  const number = (await stepNow())?.number ?? 0
  for (let before = 1; before < number; before++)
    await machine.person.call('stepSiteRestore', {
      params: { restoreId },
      body: { step: before, command: 'skip', because: 'Not lost.' },
    })
  const doStep = (...args: string[]) => command('site', 'step', restoreId, String(number), ...args)
  expect((await doStep('start')).exitCode).toBe(3)
  expect(await stepNow()).toMatchObject({
    state: 'action-required',
    line: expect.stringContaining('stopped for a person at step 4 of 7'),
  })
  const told = (await command('site', 'restores', restoreId)).stdout
  expect(told).toContain('1 waiting for a person')
  expect(told).toContain(`"xenkeep site step ${restoreId} ${number} done", and it goes on.`)
  expect(await doStep('skip', '--because', 'no time')).toMatchObject({ exitCode: 2 })
  expect((await doStep('done')).exitCode).toBe(0)
  expect(await stepNow()).toMatchObject({ state: 'done' })
  expect([lines('stopped').length, lines('back').length, lines('started').length]).toEqual([
    3, 1, 3,
  ])
})

test('killed in the middle of a step that changes something, it is told, and not done again', async () => {
  const free = await hold('slow')
  expect((await restore()).exitCode).toBe(3)
  const runId = await begunUpTo(6, { from: 5 })
  await guest.killAgent()
  await free()
  await guest.startAgent()
  const { run, jobs } = await machine.finished(runId)
  expect(run.state).toBe('failed')
  const [outcome] = jobs.map(job => job.outcome)
  expect(outcome).toMatchObject({
    report: { stopped: { from: [6, 7], problem: { code: 'COMPONENT_RESTORE_CUT_OFF' } } },
  })
  expect((await restore('--from', '7')).exitCode).toBe(0)
  expect([lines('stopped').length, lines('started').length]).toEqual([4, 4])
})
