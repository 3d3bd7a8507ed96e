import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GuestSettings } from '#core/contracts/guest-settings.ts'
import { PutGuestFactsRequest } from '#core/contracts/guests-api.ts'
import { factsChore } from '#gateway-agent/guest/facts-chore.ts'
import { guestRecipes } from '#gateway-agent/guest/recipes.ts'
import { impatience, memoryLog, until } from '#test/support/patience.ts'
import { jobsOf, ownRecipe, step } from '#test/support/recipes/job.ts'
import { GUEST, recipeRoom } from '#test/support/recipes/room.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'guest-recipes-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const signal = new AbortController().signal
const work = (settings: object, log = memoryLog()) =>
  guestRecipes({
    ...{ dataDir, guestUuid: GUEST, log },
    settings: async () =>
      GuestSettings.parse({ name: 'guest 1', recipesDir: dataDir, ...settings }),
  })
const file = (name: string) => join(dataDir, name)
const touch = (name: string) => ({ exec: { argv: ['/usr/bin/touch', file(name)] } })

test('what is allowed is probed; one that cannot be used says why, and keeps no other from it', async () => {
  ownRecipe(dataDir, {
    parameters: { mode: { description: 'How.', kind: 'text', default: 'fast' } },
    phases: {
      probe: [
        step({
          exec: {
            argv: ['/bin/echo', '1', '2'],
            gives: { version: { pattern: '(\\d)$' }, all: { list: true } },
          },
        }),
      ],
      capture: [step(touch('x'))],
    },
  })
  ownRecipe(dataDir, {
    name: 'stopped',
    phases: { probe: [step({ exec: { argv: ['/bin/false'] } })], capture: [step(touch('x'))] },
  })
  ownRecipe(dataDir, {
    name: 'long',
    phases: {
      probe: [
        step({
          exec: {
            argv: ['/bin/seq', '9000'],
            gives: { all: { list: true }, few: { pattern: '^7$' } },
          },
        }),
      ],
      capture: [step(touch('x'))],
    },
  })
  const facts = await work({
    recipes: { own: { phases: ['capture'] }, stopped: {}, nope: {}, long: {} },
  }).probe(signal)
  expect(facts[0]).toEqual({
    ...{ recipe: 'own', version: 1, phases: ['probe', 'capture'] },
    own: { evidence: 'tested', os: 'any' },
    facts: { version: '2', all: ['1 2'] },
  })
  expect(facts[1]).toMatchObject({
    recipe: 'stopped',
    problem: expect.stringContaining('exit code 1'),
  })
  expect(facts[2]).toMatchObject({
    recipe: 'nope',
    problem: expect.stringContaining('it has none of this name'),
  })
  expect(facts[3]).toMatchObject({
    facts: { few: '7' },
    problem: expect.stringContaining('found more than an agent may tell'),
  })
  expect(Buffer.byteLength(JSON.stringify(facts))).toBeLessThan(64 * 1024)
})

test('an application is held still for a snapshot and let go; what cannot be held is let go at once', async () => {
  const phases = {
    quiesce: [step(touch('rests'), { effects: 'pauses' })],
    capture: [step(touch('captured'))],
    release: [step(touch('released'))],
  }
  ownRecipe(dataDir, { phases })
  ownRecipe(dataDir, {
    name: 'stuck',
    phases: { ...phases, quiesce: [step({ exec: { argv: ['/bin/false'] } })] },
  })
  ownRecipe(dataDir, { name: 'calm', phases: { capture: phases.capture } })
  const guest = work({ recipes: { own: {}, stuck: {}, calm: {} } })
  const held = await guest.holdStill('own', signal)
  expect(existsSync(file('rests'))).toBe(true)
  expect(existsSync(file('released'))).toBe(false)
  expect(readdirSync(file('guest/owed'))).toEqual(['hold-own.json'])
  // Nobody but who holds it lets it go.
  await guest.probe(signal)
  expect(existsSync(file('released'))).toBe(false)
  expect(await held.release()).toBeUndefined()
  expect(existsSync(file('released'))).toBe(true)
  expect(existsSync(file('captured'))).toBe(false)
  expect(readdirSync(file('guest/owed'))).toEqual([])

  await rm(file('released'))
  await expect(guest.holdStill('stuck', signal)).rejects.toMatchObject({
    code: 'RECIPE_STEP_FAILED',
  })
  expect(existsSync(file('released'))).toBe(true)
  await expect(guest.holdStill('calm', signal)).rejects.toMatchObject({ code: 'RECIPE_UNFIT' })
})

test('what a former life of the agent left at rest is released at its start, and its staging folder is emptied', async () => {
  ownRecipe(dataDir, {
    phases: {
      quiesce: [step({ exec: { argv: ['/usr/bin/touch', '${staging}/snapshot'] } })],
      capture: [step(touch('x'))],
      release: [step({ exec: { argv: ['/bin/mv', '${staging}/snapshot', file('released')] } })],
    },
  })
  // This process never lets go: as if it were killed.
  await work({ recipes: { own: {} } }).holdStill('own', signal)
  mkdirSync(file('guest/staging/old'), { recursive: true })
  const log = memoryLog()
  await work({ recipes: { own: {} } }, log).settle()
  expect(existsSync(file('released'))).toBe(true)
  expect(readdirSync(file('guest/staging'))).toEqual([])
  expect(log.lines.join()).toContain('was cut off while "own" was at rest: released')
})

test('a recipe that is taken from the settings while something of it is at rest: it is told, with what to do, until it is released', async () => {
  ownRecipe(dataDir, {
    name: 'ledger',
    phases: {
      quiesce: [step({ exec: { argv: ['/usr/bin/touch', '${staging}/snapshot'] } })],
      capture: [step(touch('x'))],
      release: [step({ exec: { argv: ['/bin/mv', '${staging}/snapshot', file('released')] } })],
    },
  })
  const recipes: Record<string, object> = { ledger: {} }
  // This process never lets go: as if it were killed. Then somebody takes the recipe away.
  await work({ recipes }).holdStill('ledger', signal)
  delete recipes.ledger
  const told: unknown[] = []
  const guest = work({ recipes })
  const chore = factsChore({
    ...{ gatewayId: () => 'G', guestUuid: GUEST, work: guest, freeze: () => undefined },
    client: { call: async (_: unknown, { body }: { body: unknown }) => told.push(body) } as never,
    ...{ told: () => ({ facts: '' }), patience: impatience, log: memoryLog() },
  })
  await guest.settle()
  const sentences = [
    expect.stringMatching(
      /^What the recipe "ledger" brought to rest at \d{4}-\d\d-\d\d \d\d:\d\d UTC \(job hold-ledger\) is not released yet: The settings of this guest do not allow the recipe "ledger" any more.* Put "ledger" back into settings\.json .* or release it by hand .* remove .*hold-ledger\.json\.$/,
    ),
  ]
  expect(guest.unreleased()).toEqual(sentences)
  expect(existsSync(file('released'))).toBe(false)
  const stop = new AbortController()
  const repeated = chore.run(stop.signal)
  await until('it is told', () => told.length > 0)
  stop.abort()
  await repeated
  expect(PutGuestFactsRequest.parse(told[0])).toMatchObject({ unreleased: sentences })

  recipes.ledger = {}
  await guest.probe(signal)
  expect(guest.unreleased()).toEqual([])
  expect(existsSync(file('released'))).toBe(true)
})

test('trees of files: only what changed is read, and all comes back', async () => {
  const { room, settings, close } = await recipeRoom()
  const { repository, jobId } = await newRepository(emptyStore())
  const jobs = jobsOf({ room, repository, jobId }, 'files')
  const root = file('tree')
  mkdirSync(join(root, 'folder'), { recursive: true })
  for (const name of ['a', 'folder/b', 'c.tmp']) writeFileSync(join(root, name), name.repeat(1000))
  chmodSync(join(root, 'a'), 0o640)
  settings.files = { parameters: { roots: [root], exclude: ['*.tmp'] } }
  const { point } = await jobs.capture()
  expect(point.contents?.map(({ name }) => name).sort()).toEqual([
    `${root}/content`,
    `${root}/entries`,
  ])
  expect(point.facts).toContain(`Tree ${root}: 2 files, 2 folders.`)
  writeFileSync(join(root, 'a'), 'changed')
  // A file that was written a moment ago may change once more in the same tick, so it is read again until it is older.
  let next = point
  await expect
    .poll(async () => {
      next = (await jobs.capture()).point
      return next.facts?.join()
    })
    .toMatch(/2 files, [12] of them unchanged/)
  expect(next.bytesRead).toBeLessThan(point.bytesRead)
  await rm(root, { recursive: true })
  const report = await jobs.restore({ pointId: point.pointId })
  expect(report.stopped).toBeUndefined()
  expect(report.steps[0]?.text).toContain('2 files and 2 folders were written')
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('a'.repeat(1000))
  expect(existsSync(join(root, 'c.tmp'))).toBe(false)
  const { folder } = await jobs.restore({ pointId: next.pointId, target: 'folder' })
  const [laid = ''] = readdirSync(folder ?? '')
  expect(readFileSync(join(folder ?? '', laid, 'a'), 'utf8')).toBe('changed')
  await close()
})

test('a command of the settings: no job brings another one', async () => {
  const { room, settings, close } = await recipeRoom()
  const { repository, jobId } = await newRepository(emptyStore())
  const jobs = jobsOf({ room, repository, jobId }, 'command')
  const asked = { parameters: { command: ['/bin/cat', '/etc/shadow'] } }
  settings.command = { parameters: { restoreCommand: ['/usr/bin/tee', file('back')] } }
  await expect(jobs.capture(asked)).rejects.toMatchObject({ code: 'RECIPE_NOT_ALLOWED' })
  settings.command = {
    parameters: {
      command: ['/bin/echo', '-n', '$(id); x'],
      restoreCommand: ['/usr/bin/tee', file('back')],
      check: ['/bin/grep', '-q', 'id'],
    },
  }
  await expect(jobs.capture(asked)).rejects.toMatchObject({ code: 'RECIPE_NOT_ALLOWED' })
  const { point } = await jobs.capture({ parameters: { name: 'words' } })
  expect((await jobs.restore({ pointId: point.pointId })).stopped).toBeUndefined()
  expect(readFileSync(file('back'), 'utf8')).toBe('$(id); x')
  await close()
})
