import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { sweepRecipes } from '#gateway-agent/recipes/release.ts'
import { testContext } from '#test/support/job-context.ts'
import { until } from '#test/support/patience.ts'
import { jobsOf, ownRecipe, step } from '#test/support/recipes/job.ts'
import { recipeRoom } from '#test/support/recipes/room.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

/*
 * Motivation: a restore that waits for a person, or was cut off, is gone on with hours later, perhaps after the machine was started anew. What was done must not be done
 * again, what it needs must still be there, and giving it up must leave nothing paused.
 * Steps: restores of a recipe of our own are stopped, cut off, gone on with in a wrong and in the right way, and given up.
 * Passes when each step that changes something was done once, and what is refused says why.
 */

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const room of opened.splice(0)) await room.close()
})

const append = (word: string) => ({
  exec: { argv: ['/usr/bin/tee', '-a', `\${folder}/${word}`], stdin: `${word}\n` },
})
const writes = { effects: 'writes' }

const recipeOf = (restore: object[], version = 1) => ({
  version,
  parameters: { folder: { description: 'Where.', kind: 'path' } },
  phases: {
    capture: [step({ stream: { argv: ['/bin/echo', 'kept'], as: 'x' } }, { id: 'keep' })],
    restore,
  },
})

const LAY = step({ file: { path: '${staging}/laid', as: 'x' } }, { id: 'lay', effects: 'writes' })
const PERSON = step({ manual: { text: 'Look at ${staging}/laid.' } }, { id: 'person', ...writes })
const USE = step(
  { exec: { argv: ['/bin/cp', '${staging}/laid', '${folder}/used'] } },
  { id: 'use', ...writes },
)

const guestWith = async (restore: object[]) => {
  const made = await recipeRoom({ allowed: { own: {} } })
  opened.push(made)
  made.settings.own = { parameters: { folder: made.dataDir } }
  const name = ownRecipe(made.dataDir, recipeOf(restore))
  const { repository, jobId } = await newRepository(emptyStore())
  const jobs = jobsOf({ ...made, repository, jobId }, name)
  const { point } = await jobs.capture()
  const file = (name: string) => join(made.dataDir, name)
  return {
    ...{ ...made, jobId, pointId: point.pointId, file },
    restore: (more: object = {}, options: Parameters<typeof jobs.restore>[1] = {}) =>
      jobs.restore({ pointId: point.pointId, ...more }, options),
    lines: (name: string) =>
      existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim().split('\n') : [],
    staging: () => readdirSync(file('guest/staging')),
    change: (steps: object[], version: number) => ownRecipe(made.dataDir, recipeOf(steps, version)),
  }
}

test('what was laid into the staging folder is there when it goes on, also in a new life of the agent', async () => {
  const guest = await guestWith([LAY, PERSON, USE])
  const first = await guest.restore()
  const [folder = ''] = guest.staging()
  expect(first.stopped?.text).toBe(`Look at ${guest.file(`guest/staging/${folder}/laid`)}.`)
  await sweepRecipes(guest.room)
  expect((await guest.restore({ steps: { from: 3 } })).stopped).toBeUndefined()
  expect(guest.lines('used')).toEqual(['kept'])
  expect(guest.staging()).toEqual([])
})

test('it goes on from the step that is open and no other, and not by another recipe', async () => {
  const guest = await guestWith([LAY, PERSON, USE])
  await expect(guest.restore({ steps: { from: 3 } })).rejects.toMatchObject({
    code: 'COMPONENT_RESTORE_STEP',
    message: expect.stringContaining('none of this component is open'),
  })
  await guest.restore()
  const refused = (more: object) => guest.restore(more).catch(error => error)
  expect(await refused({ steps: { from: 2 } })).toMatchObject({
    code: 'COMPONENT_RESTORE_STEP',
    message:
      'The restore was not gone on with: step 2 is not the one that is open: it waits for a person at step 2, "person".',
    advice: 'It goes on from step 3, once what that waits for is done.',
  })
  expect(await refused({ steps: { from: 9 } })).toMatchObject({
    message: 'The restore was not gone on with: there is no step 9, the recipe has 3.',
  })
  expect(await refused({})).toMatchObject({
    code: 'COMPONENT_RESTORE_OPEN',
    message: expect.stringContaining('it waits for a person at step 2, "person"'),
  })
  guest.change([LAY, PERSON, USE], 2)
  expect(await refused({ steps: { from: 3 } })).toMatchObject({
    code: 'COMPONENT_RESTORE_STEP',
    message: expect.stringContaining('begun with version 1, and the one there now is version 2'),
  })
  expect(guest.lines('used')).toEqual([])
  guest.change([LAY, PERSON, USE], 1)
  expect((await guest.restore({ steps: { from: 3 } })).stopped).toBeUndefined()
})

test('a last step for a person is confirmed too, and only then it has ended', async () => {
  const guest = await guestWith([step(append('a'), { id: 'a', ...writes }), PERSON])
  expect((await guest.restore()).stopped).toMatchObject({ number: 2, of: 2, from: [3] })
  const end = await guest.restore({ steps: { from: 3 } })
  expect(end.stopped).toBeUndefined()
  expect(end.steps.map(({ id, result }) => `${id} ${result}`)).toEqual(['a done', 'person done'])
  await expect(guest.restore({ steps: { from: 3 } })).rejects.toMatchObject({
    message: 'The restore was not gone on with: it has ended.',
  })
})

/** A restore that is ended by force in the middle of a step, as far as its files know. */
const cutOffIn = async (guest: Awaited<ReturnType<typeof guestWith>>, number: number) => {
  const id = guest.jobId()
  const { context, abort, phases } = testContext()
  const job = guest.restore({}, { id, context })
  await until('it is in the step', () => phases.some(one => one.startsWith(`step ${number} `)))
  abort(new Error('gone'))
  await expect(job).rejects.toThrow('gone')
  await sweepRecipes(guest.room)
  return id
}
/** Does not end by itself. */
const follow = { exec: { argv: ['/usr/bin/tail', '-f', '${folder}/a'] } }

test('cut off in a step that changes something, it is not done again by itself', async () => {
  const guest = await guestWith([
    step(append('a'), { id: 'a', ...writes }),
    step(follow, { id: 'b', timeoutSeconds: 600, ...writes }),
    step(append('c'), { id: 'c', ...writes }),
  ])
  const id = await cutOffIn(guest, 2)
  const again = await guest.restore({}, { id })
  expect(again.stopped).toMatchObject({
    ...{ at: 'b', because: 'failed', number: 2, from: [2, 3] },
    problem: {
      code: 'COMPONENT_RESTORE_CUT_OFF',
      advice: expect.stringContaining('go on from step 2; where it is done, from step 3'),
    },
  })
  // The answer got lost: the same is told once more.
  expect(await guest.restore({}, { id })).toEqual(again)
  const end = await guest.restore({ steps: { from: 3 } })
  expect(end.steps.map(({ id, result }) => `${id} ${result}`)).toEqual([
    'a done',
    'b done',
    'c done',
  ])
  expect([guest.lines('a'), guest.lines('c')]).toEqual([['a'], ['c']])
})

test('cut off where nothing is changed, it goes on by itself and does nothing twice', async () => {
  const guest = await guestWith([
    step(append('a'), { id: 'a', ...writes }),
    step(
      // Ends at once when the file is there, and waits for it else.
      { exec: { argv: ['/usr/bin/flock', '${folder}/lock', '/bin/true'] } },
      { id: 'b', timeoutSeconds: 600 },
    ),
    step(append('c'), { id: 'c', ...writes }),
  ])
  const holder = spawn('flock', [guest.file('lock'), 'cat'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const id = await cutOffIn(guest, 2)
  holder.stdin.end()
  await once(holder, 'exit')
  const end = await guest.restore({}, { id })
  expect(end.stopped).toBeUndefined()
  expect([guest.lines('a'), guest.lines('c')]).toEqual([['a'], ['c']])
})

test('given up, it ends what a step paused, tells what stays, and keeps nothing', async () => {
  const guest = await guestWith([
    LAY,
    step(append('stopped'), { id: 'stop', effects: 'pauses' }),
    PERSON,
    step(append('started'), { id: 'start', undoes: 'stop', ...writes }),
  ])
  await guest.restore()
  expect(guest.staging()).toHaveLength(1)
  const report = await guest.restore({ steps: { giveUp: true } })
  expect(report).toMatchObject({
    givenUp: true,
    notes: [
      'What these steps did stays as it is: 1 ("lay"), 2 ("stop").',
      '"start" was done, so that nothing stays paused.',
    ],
  })
  expect(report.stopped).toBeUndefined()
  expect([guest.lines('stopped'), guest.lines('started')]).toEqual([['stopped'], ['started']])
  expect(guest.staging()).toEqual([])
  await expect(guest.restore({ steps: { from: 4 } })).rejects.toMatchObject({
    message: 'The restore was not gone on with: it has ended.',
  })
  expect((await guest.restore({ steps: { giveUp: true } })).notes).toEqual([
    'No restore of this component was open on the guest; nothing was kept for one.',
  ])
})

test('a damaged record is no restore that is open', async () => {
  const guest = await guestWith([LAY, PERSON, USE])
  await guest.restore()
  const [record = ''] = readdirSync(guest.file('guest/restores'))
  writeFileSync(guest.file(`guest/restores/${record}`), '{')
  await expect(guest.restore({ steps: { from: 3 } })).rejects.toMatchObject({
    code: 'COMPONENT_RESTORE_STEP',
  })
  expect((await guest.restore()).stopped).toMatchObject({ at: 'person' })
})

test('behind a rule that says no it goes on with a reason alone, not by leaving the rule out', async () => {
  const told = (id: string, value: string) => step({ facts: { gives: { [id]: value } } }, { id })
  const rule = { name: 'server-not-older', with: { saved: '${was}', here: '${here}' } }
  const guest = await guestWith([
    told('was', '160000'),
    told('here', '150000'),
    step({ rule }, { id: 'rule' }),
    step(append('a'), { id: 'a', ...writes }),
  ])
  expect((await guest.restore()).stopped).toMatchObject({ at: 'rule', number: 3, from: [3] })
  await expect(guest.restore({ steps: { from: 4 } })).rejects.toMatchObject({
    code: 'COMPONENT_RESTORE_STEP',
    advice: 'It goes on from step 3, once what that waits for is done.',
  })
  expect(guest.lines('a')).toEqual([])
  const overrides = [{ rule: 'server-not-older', because: 'It was tried.' }]
  const end = await guest.restore({ steps: { from: 3 }, overrides })
  expect(end.stopped).toBeUndefined()
  expect(guest.lines('a')).toEqual(['a'])
})
