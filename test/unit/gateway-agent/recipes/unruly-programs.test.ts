import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { jobsOf, ownRecipe, step } from '#test/support/recipes/job.ts'
import { recipeRoom } from '#test/support/recipes/room.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

/*
 * Motivation: a recipe runs programs that others wrote, and some of them misbehave: they hang, write without end, write what is no text, or repeat a secret.
 * Steps: a recipe of its own runs one of each, real programs of this machine, while it saves. (A full disk: test/peers/recipes/postgresql.test.ts, on a disk of 4 MiB.)
 * Passes when each ends with a sentence that names the step and tells what was wrong, under a stable code, with no point, nothing staged, nothing left running and
 * no secret in what is told.
 */
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const room of opened.splice(0)) await room.close()
})

const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, '--', ...args]
/** Writes so many MiB to one of its outputs, as fast as it is taken. */
const writes = (to: 'stdout' | 'stderr', mebibytes: number) =>
  node(`
    const part = Buffer.alloc(1024 * 1024, 'x')
    let left = ${mebibytes}
    const go = () => { while (left-- > 0) if (!process.${to}.write(part)) return void process.${to}.once('drain', go) ; process.exitCode = 3 }
    process.${to}.on('error', () => process.exit(4))
    go()`)

const saving = async (steps: object[], more: object = {}) => {
  const made = await recipeRoom()
  opened.push(made)
  ownRecipe(made.dataDir, { phases: { capture: steps }, ...more })
  const secret = join(made.dataDir, 'secret')
  writeFileSync(secret, 'correct-horse-battery-staple', { mode: 0o600 })
  made.settings.own = more && 'secrets' in more ? { secrets: { password: secret } } : {}
  const repository = await newRepository(emptyStore())
  const outcome = await jobsOf({ ...made, ...repository }, 'own')
    .capture()
    .then(({ point }) => ({ point }))
    .catch(({ code, message, advice }) => ({ code, message, advice }))
  expect(readdirSync(join(made.dataDir, 'guest/staging'))).toEqual([])
  const running = join(made.dataDir, 'guest/running')
  expect(existsSync(running) ? readdirSync(running) : []).toEqual([])
  const points = (await Array.fromAsync(repository.repository.points())).length
  return { ...outcome, points, log: made.log.lines, dataDir: made.dataDir }
}

test('one that hangs, and does not listen when it is asked to end, is ended, and what it had started too', async () => {
  const script = `
    const { spawn } = require('node:child_process')
    const child = spawn('sleep', ['600'], { stdio: 'ignore' })
    process.on('SIGTERM', () => {})
    require('node:fs').writeFileSync(process.argv.at(-1), String(child.pid))
    setInterval(() => {}, 1000)`
  const pids = join(tmpdir(), `hangs-${process.pid}`)
  const came = await saving([
    step({ exec: { argv: node(script, pids) } }, { id: 'hangs', timeoutSeconds: 2 }),
  ])
  expect(came).toMatchObject({
    ...{ code: 'RECIPE_STEP_TIMEOUT', points: 0 },
    message: 'The step "hangs" (does it) was ended after 2 s, with everything that it had started.',
  })
  const state = () => {
    try {
      return readFileSync(`/proc/${readFileSync(pids, 'utf8')}/stat`, 'utf8').split(' ')[2]
    } catch {
      return 'gone'
    }
  }
  await expect.poll(state).toMatch(/^(Z|X|gone)$/)
  rmSync(pids)
})

test('one that writes a gigabyte where a few facts are looked for is ended after 4 MiB', async () => {
  expect(
    await saving([step({ exec: { argv: writes('stdout', 1024) } }, { id: 'talks' })]),
  ).toMatchObject({
    ...{ code: 'RECIPE_STEP_FAILED', points: 0 },
    message: expect.stringMatching(
      /^The step "talks" \(does it\) failed: it wrote more than 4 MiB, which only a "stream" takes, and was ended/,
    ),
  })
})

test('one that complains for a gigabyte is heard to its end, and its last words are told', async () => {
  const argv = writes('stderr', 1024)
  const script = argv[2]?.replace(
    'process.exitCode = 3',
    "process.stderr.write('\\nno such volume\\n'); process.exitCode = 3",
  )
  const came = await saving([
    step({ exec: { argv: [process.execPath, '-e', script] } }, { id: 'wails', timeoutSeconds: 60 }),
  ])
  expect(came).toMatchObject({
    ...{ code: 'RECIPE_STEP_FAILED', points: 0 },
    message: expect.stringMatching(/^The step "wails" .*exit code 3: .*no such volume/),
  })
  expect(JSON.stringify(came).length).toBeLessThan(4_000)
})

/** `Zürich` in ISO 8859-1, as a program writes it that knows nothing of UTF-8. */
const LATIN1 = "process.stdout.write(Buffer.from('name Z\\xfcrich', 'latin1'))"

test('a value that is no UTF-8 is used nowhere: not as an argument, a path, a name or an item', async () => {
  const named = step({
    exec: { argv: node(LATIN1), gives: { name: { pattern: 'name (.*)' }, all: { list: true } } },
  })
  const uses = {
    argument: { exec: { argv: ['/bin/echo', '${name}'] } },
    environment: { exec: { argv: ['/bin/true'], env: { NAME: '${name}' } } },
    path: { file: { path: '/tmp/${name}', as: 'x' } },
    name: { stream: { argv: ['/bin/echo', 'x'], as: '${name}' } },
    sql: { sql: { engine: 'postgresql', text: ['SELECT ${name|literal};'] } },
    list: { exec: { argv: ['/bin/echo', '${all}'] } },
  }
  for (const [id, use] of Object.entries(uses))
    expect(await saving([named, step(use, { id })])).toMatchObject({
      ...{ code: 'RECIPE_STEP_FAILED', points: 0 },
      message: expect.stringMatching(
        new RegExp(
          `^The step "${id}" \\(does it\\) failed: the value "(name|all)" was told in bytes that are no UTF-8 \\(.*Z\\ufffdrich\\), so it cannot be used\\.$`,
        ),
      ),
    })
})

test('where nothing depends on it, such a value does no harm; content is kept to the byte', async () => {
  const named = step({ exec: { argv: node(LATIN1), gives: { name: { pattern: 'name (.*)' } } } })
  const { point, points } = (await saving([
    named,
    step({ stream: { argv: node(LATIN1), as: 'raw' } }),
  ])) as { point: { contents: object[] }; points: number }
  expect(points).toBe(1)
  expect(point.contents).toMatchObject([{ name: 'raw', size: 11 }])
})

test('one that repeats its secret as it fails, in one piece or across two writes, is quoted without it', async () => {
  const tells = node(
    "const s = process.env.P; process.stderr.write('login with ' + s.slice(0, 9)); setTimeout(() => { process.stderr.write(s.slice(9) + ' refused, again with ' + s); process.exit(1) }, 30)",
  )
  const came = await saving(
    [step({ exec: { argv: tells, env: { P: { secret: 'password' } } } }, { id: 'tells' })],
    { secrets: { password: { description: 'Of a test.' } } },
  )
  expect(came).toMatchObject({
    ...{ code: 'RECIPE_STEP_FAILED', points: 0 },
    message: expect.stringContaining('login with *** refused, again with ***'),
  })
  expect(JSON.stringify([came, came.log])).not.toMatch(/horse|staple/)
})
