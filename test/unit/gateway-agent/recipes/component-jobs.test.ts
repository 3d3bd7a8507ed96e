import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { UNTRIED } from '#core/recipes/evidence-text.ts'
import { isGood, waitsForPerson } from '#core/runs/job.ts'
import { sweepRecipes } from '#gateway-agent/recipes/release.ts'
import { testContext } from '#test/support/job-context.ts'
import { until } from '#test/support/patience.ts'
import { jobsOf, ownRecipe, step } from '#test/support/recipes/job.ts'
import { GUEST, recipeRoom } from '#test/support/recipes/room.ts'
import { transcript } from '#test/support/recipes/transcript.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'
import { readWhole } from '#test/support/repository/streams.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const room of opened.splice(0)) await room.close()
})

/** A guest with one recipe of its own. */
const guestWith = async (
  recipe: object,
  { settings = {}, ...more }: { settings?: object } & Parameters<typeof recipeRoom>[0] = {},
) => {
  const made = await recipeRoom({ allowed: { own: settings }, ...more })
  opened.push(made)
  const name = ownRecipe(made.dataDir, recipe)
  const { repository, jobId } = await newRepository(emptyStore())
  const file = (name: string) => join(made.dataDir, name)
  const read = (name: string) =>
    existsSync(file(name)) ? readFileSync(file(name), 'utf8') : undefined
  const staging = () =>
    existsSync(file('guest/staging')) ? readdirSync(file('guest/staging')) : []
  return {
    ...made,
    repository,
    jobId,
    file,
    read,
    staging,
    ...jobsOf({ ...made, repository, jobId }, name),
  }
}

const folder = { folder: { description: 'Where.', kind: 'path' } }
const shout = (...words: string[]) => ({ exec: { argv: ['/bin/echo', ...words] } })
const touch = (name: string) => ({ exec: { argv: ['/usr/bin/touch', `\${folder}/${name}`] } })

test('what a program writes and what lies in a file is kept, and comes back to the byte', async () => {
  const guest = await guestWith({
    parameters: folder,
    phases: {
      probe: [
        step({
          exec: { argv: ['/bin/echo', 'v 12'], gives: { version: { pattern: 'v (\\d+)' } } },
        }),
      ],
      capture: [
        step(
          { exec: { argv: ['/bin/cp', '${folder}/data', '${staging}/copy'] } },
          { stagingBytes: '1000' },
        ),
        step({ stream: { argv: ['/bin/cat', '${folder}/data'], as: 'as a stream' } }),
        step({ file: { path: '${staging}/copy', as: 'as a file' } }),
      ],
      restore: [
        step({ stream: { argv: ['/usr/bin/tee', '${folder}/back'], as: 'as a stream' } }),
        step({ file: { path: '${folder}/${point.version}', as: 'as a file' } }),
      ],
      postcheck: [step({ exec: { argv: ['/usr/bin/cmp', '${folder}/data', '${folder}/back'] } })],
    },
  })
  guest.settings.own = { parameters: { folder: guest.dataDir } }
  const data = Buffer.from('x'.repeat(200_000))
  writeFileSync(guest.file('data'), data)
  const { point, notes } = await guest.capture()
  expect(notes).toEqual([])
  expect(point).toMatchObject({
    kind: 'component',
    consistency: 'application',
    bytesRead: 400_000,
    contents: [
      { name: 'as a stream', size: 200_000 },
      { name: 'as a file', size: 200_000 },
    ],
  })
  expect(guest.staging()).toEqual([])
  const report = await guest.restore({ pointId: point.pointId })
  expect(report.stopped).toBeUndefined()
  // Nothing of the restore asks for what the probe finds, so it is left out.
  expect(report.steps.map(({ result }) => result)).toEqual(['done', 'done', 'done'])
  expect(readFileSync(guest.file('12'))).toEqual(data)
})

test('done again under its id, a job answers what it made', async () => {
  const guest = await guestWith({
    phases: { capture: [step({ stream: { argv: ['/bin/date', '+%N'], as: 'now' } })] },
  })
  const id = guest.jobId()
  const first = await guest.capture({}, { id })
  expect(await guest.capture({}, { id })).toEqual(first)
})

test('content can be laid into a folder of the agent', async () => {
  const guest = await guestWith({
    phases: { capture: [step({ stream: { argv: ['/bin/echo', 'hello'], as: 'a/b' } })] },
  })
  const { point } = await guest.capture()
  const { folder: where, steps } = await guest.restore({ pointId: point.pointId, target: 'folder' })
  expect(steps).toEqual([])
  expect(readFileSync(join(where ?? '', 'a%2fb'), 'utf8')).toBe('hello\n')
})

describe('a capture that fails', () => {
  const failing = async (capture: object[], more: object = {}) => {
    const guest = await guestWith({ parameters: folder, phases: { capture }, ...more })
    guest.settings.own = { parameters: { folder: guest.dataDir } }
    const error = await guest.capture().catch(thrown => thrown)
    expect(guest.staging()).toEqual([])
    expect(await Array.fromAsync(guest.repository.points())).toEqual([])
    return error
  }

  test('says which step, and what the program said', async () => {
    expect(
      await failing([step({ exec: { argv: ['/bin/ls', '/nonexistent'] } }, { id: 'look' })]),
    ).toMatchObject({
      code: 'RECIPE_STEP_FAILED',
      message: expect.stringMatching(
        /^The step "look" \(does it\) failed: exit code 2: .*nonexistent/,
      ),
    })
  })
  test('by a program that ends well but writes less than it should', async () => {
    const expected = { exec: { argv: ['/bin/echo', 'no'], expect: { stdout: '^yes$' } } }
    expect((await failing([step(expected)])).message).toContain('is not what it has to be (^yes$)')
  })
  test('by a stream that its check finds broken', async () => {
    const stream = {
      argv: ['/bin/echo', 'x'],
      as: 'x',
      checkedBy: { argv: ['/bin/grep', '-q', 'y'] },
    }
    expect((await failing([step({ stream })])).message).toContain('is not whole, says /bin/grep')
  })
  test('by taking too long, and nothing of it is left', async () => {
    const error = await failing([
      step({ exec: { argv: ['/bin/sleep', '600'] } }, { timeoutSeconds: 1 }),
    ])
    expect(error).toMatchObject({
      code: 'RECIPE_STEP_TIMEOUT',
      message: expect.stringContaining('after 1 s'),
    })
  })
  test('by a disk that is full elsewhere, which is not told of ours', async () => {
    const script = "console.error('write: No space left on device'); process.exit(1)"
    const error = await failing([step({ exec: { argv: [process.execPath, '-e', script] } })])
    expect(error).toMatchObject({
      code: 'RECIPE_STEP_FAILED',
      message: expect.stringContaining('No space left on device'),
    })
  })
  test('by too little room, before anything is written', async () => {
    const error = await failing([step(touch('written'), { stagingBytes: '999999999999999' })])
    expect(error).toMatchObject({
      code: 'STAGING_FULL',
      message: expect.stringContaining('931322.6 GiB are needed'),
    })
  })
})

describe('what was brought to rest', () => {
  const resting = (capture: object, release: object = touch('released')) => ({
    parameters: folder,
    phases: {
      quiesce: [
        step({ exec: { argv: ['/usr/bin/touch', '${folder}/rests'] } }, { effects: 'pauses' }),
        step({ exec: { argv: ['/bin/echo', 'snap 7'], gives: { snapshot: {} } } }),
      ],
      capture: [step(capture, { id: 'work' })],
      release: [
        step({ exec: { argv: ['/bin/echo', '${snapshot}'] } }),
        step(release, { id: 'freed' }),
      ],
    },
  })
  const guestAtWork = async (capture: object, release?: object) => {
    const guest = await guestWith(resting(capture, release))
    guest.settings.own = { parameters: { folder: guest.dataDir } }
    return guest
  }
  const owed = (guest: { dataDir: string }) => readdirSync(join(guest.dataDir, 'guest/owed'))

  test('is released when all went well', async () => {
    const guest = await guestAtWork({ stream: { argv: ['/bin/echo', 'x'], as: 'x' } })
    await guest.capture()
    expect(guest.read('released')).toBe('')
    expect(owed(guest)).toEqual([])
  })
  test('is released when the capture fails', async () => {
    const guest = await guestAtWork({ exec: { argv: ['/bin/false'] } })
    await expect(guest.capture()).rejects.toMatchObject({ code: 'RECIPE_STEP_FAILED' })
    expect(guest.read('released')).toBe('')
    expect(owed(guest)).toEqual([])
  })
  test('is released by every step of it that can be done, whatever became of the others', async () => {
    const guest = await guestWith({
      parameters: folder,
      phases: {
        quiesce: [
          step(touch('rests')),
          step({ exec: { argv: ['/bin/false'], gives: { snapshot: {} } } }),
        ],
        capture: [step({ stream: { argv: ['/bin/echo', 'x'], as: 'x' } })],
        release: [step(shout('${snapshot}')), step(touch('released'))],
      },
    })
    guest.settings.own = { parameters: { folder: guest.dataDir } }
    await expect(guest.capture()).rejects.toMatchObject({ code: 'RECIPE_STEP_FAILED' })
    expect(guest.read('released')).toBe('')
    expect(owed(guest)).toHaveLength(1)
  })
  test('is owed with what each step of quiescing found, before the next one begins', async () => {
    const guest = await guestWith({
      parameters: folder,
      phases: {
        quiesce: [
          step({ exec: { argv: ['/bin/echo', 'snap 7'], gives: { snapshot: {} } } }),
          step({
            exec: { argv: ['/bin/cp', '-r', '${folder}/guest/owed', '${folder}/seen'] },
          }),
        ],
        capture: [step({ stream: { argv: ['/bin/echo', 'x'], as: 'x' } })],
        release: [step(shout('${snapshot}'))],
      },
    })
    guest.settings.own = { parameters: { folder: guest.dataDir } }
    const { point } = await guest.capture()
    expect(JSON.parse(guest.read(`seen/${point.pointId}.json`) ?? '{}').values).toMatchObject({
      snapshot: 'snap 7',
    })
  })
  test('is released when the job is cancelled', async () => {
    const guest = await guestAtWork({ exec: { argv: ['/bin/sleep', '600'] } })
    const { context, abort, phases } = testContext()
    const job = guest.capture({}, { context })
    await until('it works', () => guest.read('rests') !== undefined && phases.length > 2)
    abort(new Error('cancelled'))
    await expect(job).rejects.toThrow('cancelled')
    expect(guest.read('released')).toBe('')
  })
  test('stays owed where the release fails, and the point says so; then it is done as soon as it can be', async () => {
    const guest = await guestAtWork(
      { stream: { argv: ['/bin/echo', 'x'], as: 'x' } },
      { exec: { argv: ['/bin/cp', '${folder}/key', '${folder}/released'] } },
    )
    const { notes, point } = await guest.capture()
    expect(notes).toEqual([
      expect.stringContaining('is not released yet, and the agent goes on trying'),
    ])
    expect(owed(guest)).toEqual([`${point.pointId}.json`])
    expect(await sweepRecipes(guest.room)).toEqual([expect.stringContaining('is not released yet')])
    writeFileSync(guest.file('key'), 'open')
    expect(await sweepRecipes(guest.room)).toEqual([])
    expect(guest.read('released')).toBe('open')
    expect(owed(guest)).toEqual([])
  })
})

/** `2 person manual` */
const told = ({
  steps,
}: {
  steps: { number?: number | undefined; id: string; result: string }[]
}) => steps.map(({ number, id, result }) => `${number} ${id} ${result}`)

describe('a restore, step by step', () => {
  const recipe = {
    parameters: folder,
    phases: {
      capture: [step({ stream: { argv: ['/bin/echo', 'kept'], as: 'x' } })],
      restore: [
        step({ exec: { argv: ['/bin/echo', 'found'], gives: { word: {} } } }, { id: 'find' }),
        step({ manual: { text: 'Switch ${folder} on.' } }, { id: 'person' }),
        step(
          { exec: { argv: ['/bin/cp', '${folder}/key', '${folder}/${word}'] } },
          { id: 'write' },
        ),
        step(touch('end'), { id: 'last' }),
      ],
      postcheck: [step(touch('checked'), { id: 'check' })],
    },
  }

  test('stops for a person, fails, goes on from there with what it had found', async () => {
    const guest = await guestWith(recipe)
    guest.settings.own = { parameters: { folder: guest.dataDir } }
    const { point } = await guest.capture()
    const { pointId } = point

    const first = await guest.restore({ pointId })
    expect(first.stopped).toEqual({
      ...{ at: 'person', because: 'manual', number: 2, of: 5, from: [3] },
      text: `Switch ${guest.dataDir} on.`,
    })
    expect(told(first)).toEqual([
      '1 find done',
      '2 person manual',
      '3 write not-begun',
      '4 last not-begun',
      '5 check not-begun',
    ])
    const outcome = { status: 'component-restored', report: first } as const
    expect([isGood(outcome), waitsForPerson(outcome)]).toEqual([false, true])

    const second = await guest.restore({ pointId, steps: { from: 3 } })
    expect(second.stopped).toMatchObject({
      ...{ at: 'write', because: 'failed', number: 3, from: [3, 4] },
      problem: { code: 'RECIPE_STEP_FAILED' },
    })
    expect(told(second).slice(0, 3)).toEqual(['1 find done', '2 person done', '3 write failed'])

    writeFileSync(guest.file('key'), 'open')
    const third = await guest.restore({ pointId, steps: { from: 3 } })
    expect(third.stopped).toBeUndefined()
    expect(told(third)).toEqual([
      '1 find done',
      '2 person done',
      '3 write done',
      '4 last done',
      '5 check done',
    ])
    expect(guest.read('found')).toBe('open')
    expect(guest.staging()).toEqual([])
  })
  test('is refused where the guest does not allow it, and nothing is done', async () => {
    const guest = await guestWith(recipe)
    guest.settings.own = { parameters: { folder: guest.dataDir }, phases: ['capture'] }
    const { point } = await guest.capture()
    for (const target of ['original', 'folder'])
      await expect(guest.restore({ pointId: point.pointId, target })).rejects.toMatchObject({
        code: 'RECIPE_NOT_ALLOWED',
        message: 'The settings of this guest do not allow the phase "restore" of the recipe "own".',
      })
  })
})

describe('a point of another guest', () => {
  const ANOTHER = '8d3cf4c2-7f0a-4a0e-8f6b-0f3f4f0a7b21'
  const recipe = {
    parameters: folder,
    phases: {
      capture: [step({ stream: { argv: ['/bin/echo', 'a secret of the first one'], as: 'x' } })],
      restore: [step({ stream: { argv: ['/usr/bin/tee', '${folder}/back'], as: 'x' } })],
    },
  }
  const moved = async (settings: object) => {
    const guest = await guestWith(recipe)
    guest.settings.own = { parameters: { folder: guest.dataDir }, ...settings }
    const { point } = await guest.capture()
    // From here on the agent is that of another guest, which the control plane sends the same job.
    Object.assign(guest.room, { guest: { ...guest.room.guest, uuid: ANOTHER, name: 'guest 2' } })
    return { guest, pointId: point.pointId }
  }

  test('is refused, into a folder, too, whatever the control plane says', async () => {
    for (const settings of [{}, { restoreFrom: [] }, { restoreFrom: [ANOTHER] }])
      for (const target of ['original', 'folder']) {
        const { guest, pointId } = await moved(settings)
        await expect(guest.restore({ pointId, target, savedOn: ANOTHER })).rejects.toMatchObject({
          code: 'RECIPE_POINT_FOREIGN',
          message: `The recovery point was saved on the guest "guest 1" (${GUEST}), and the settings of this guest take nothing of it.`,
          advice: expect.stringContaining('"restoreFrom"'),
        })
        expect(guest.read('back')).toBeUndefined()
        expect(existsSync(guest.file('guest/restored'))).toBe(false)
      }
  })
  test('is restored where the settings name that guest, and the report says whose it is', async () => {
    const { guest, pointId } = await moved({ restoreFrom: [GUEST] })
    const report = await guest.restore({ pointId })
    expect(report.stopped).toBeUndefined()
    expect(guest.read('back')).toBe('a secret of the first one\n')
    expect(report.notes).toContain(
      `It was saved on the guest "guest 1" (${GUEST}) and restored on "guest 2", whose settings take that.`,
    )
  })
})

describe('rules', () => {
  const recipe = {
    parameters: { here: { description: 'Version.', kind: 'number' } },
    phases: {
      capture: [
        step({ stream: { argv: ['/bin/echo', 'x'], as: 'x' } }),
        step({ facts: { gives: { was: '150004' } } }),
      ],
      restore: [
        step(
          { rule: { name: 'server-not-older', with: { saved: '${point.was}', here: '${here}' } } },
          { id: 'rule' },
        ),
      ],
    },
  }
  test('stop a restore unless somebody set them aside and said why', async () => {
    const guest = await guestWith(recipe)
    const { point } = await guest.capture()
    const restore = (more: object) => guest.restore({ pointId: point.pointId, ...more })
    expect((await restore({ parameters: { here: 150009 } })).steps[0]?.text).toBe('the rule holds')
    const older = { parameters: { here: '140002' } }
    expect((await restore(older)).stopped?.problem?.code).toBe('DATABASE_SERVER_OLDER')
    const report = await restore({
      ...older,
      overrides: [{ rule: 'server-not-older', because: 'It was tried.' }],
    })
    expect(report.stopped).toBeUndefined()
    expect(report.steps[0]?.text).toContain(
      'The rule "server-not-older" was set aside, because: It was tried.',
    )
  })
})

test('no secret is in an argument, a log, a fact or a result, whoever says it', async () => {
  const secret = "p'ss w&rd"
  const guest = await guestWith({
    secrets: { password: { description: 'Its password.' } },
    phases: {
      probe: [
        step({
          exec: {
            argv: ['/usr/bin/env'],
            env: { TELLTALE: { secret: 'password' } },
            gives: { told: { pattern: 'TELLTALE=(.*)' } },
          },
        }),
      ],
      capture: [
        step({
          exec: {
            argv: ['/bin/cat', '/dev/stdin', '/nonexistent/${told}'],
            stdin: { secret: 'password' },
            expect: { stdout: 'never' },
          },
        }),
      ],
    },
  })
  writeFileSync(guest.file('secret'), secret, { mode: 0o600 })
  guest.settings.own = { secrets: { password: guest.file('secret') } }
  const error = await guest.capture().catch(thrown => thrown)
  expect(error.message).toContain('/nonexistent/***')
  for (const said of [error.message, error.advice, ...guest.log.lines])
    expect(said).not.toMatch(/ss w/)
})

test('a transcript stands in for what cannot be had, and every call has to be in it', async () => {
  const told = transcript([
    { sql: "SELECT N'x''y';", database: 'master', rows: [['16.0', 'CitrixSite']] },
    { argv: ['tool.exe', /^--from=.*staging/], stdout: 'content' },
  ])
  const guest = await guestWith(
    {
      os: 'windows',
      evidence: 'transcript',
      drill: ['Run it.'],
      parameters: { name: { description: 'What.', kind: 'text', default: "x'y" } },
      phases: {
        probe: [
          step({
            sql: {
              engine: 'sqlserver',
              database: 'master',
              text: ['SELECT ${name|literal};'],
              gives: { version: {}, database: { column: 2 } },
            },
          }),
        ],
        capture: [step({ stream: { argv: ['tool.exe', '--from=${staging}'], as: '${database}' } })],
      },
    },
    { ports: told.ports, os: 'windows' },
  )
  const { point } = await guest.capture()
  told.assertOver()
  expect(point.facts).toContain(UNTRIED)
  const [ref] = await Array.fromAsync(guest.repository.points())
  const made = await guest.repository.readPoint(ref as never)
  expect((await readWhole(guest.repository.readStream(made, 'CitrixSite'))).toString()).toBe(
    'content',
  )
})

test('recipes of the site itself: what is wrong with one is told when it is asked for', async () => {
  const guest = await guestWith({ phases: { capture: [step(shout('x'))] } })
  ownRecipe(guest.dataDir, { name: 'broken', phases: { capture: [step(shout('${nope}'))] } })
  ownRecipe(guest.dataDir, { name: 'postgresql', phases: { capture: [step(shout('x'))] } })
  writeFileSync(guest.file('open.json'), '{}', { mode: 0o666 })
  const { find } = guest.room.library
  await expect(find('broken')).rejects.toMatchObject({
    code: 'RECIPE_INVALID',
    message: expect.stringContaining('${nope}'),
  })
  await expect(find('postgresql')).rejects.toThrow('comes with the product')
  await expect(find('nope')).rejects.toMatchObject({ code: 'RECIPE_UNKNOWN' })
  await expect(find('own', 2)).rejects.toThrow('it has version 1, not 2')
})
