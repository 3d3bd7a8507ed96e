import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from '#cli/program.ts'
import { cliHost, status } from '#test/support/cli-host.ts'

const URL_ = 'https://api.example.com'

/** The command line of somebody whose environment names a control plane elsewhere. */
const away = (env: Record<string, string>, answers: Parameters<typeof cliHost>[0] = {}) => {
  const cli = cliHost(answers)
  Object.assign(cli.host.env, env)
  const seen: { url: string; authorization: string | null; redirect: unknown }[] = []
  const { fetch } = cli.host
  cli.host.fetch = (async (input: URL, init: RequestInit) => {
    const authorization = new Headers(init.headers).get('authorization')
    seen.push({ url: String(input), authorization, redirect: init.redirect })
    return fetch(input, init)
  }) as typeof globalThis.fetch
  const err: string[] = []
  cli.host.stderr = { write: (text: string) => err.push(text) > 0, isTTY: false }
  const out: string[] = []
  cli.host.stdout = { write: (text: string) => out.push(text) > 0, isTTY: false }
  return {
    ...cli,
    seen,
    run: async (...args: string[]) => ({
      exitCode: await runProgram(cli.host, args, '0.0.0'),
      stdout: out.join(''),
      stderr: err.join(''),
    }),
  }
}

test('commands talk to the control plane that the environment names, with its token', async () => {
  const { run, seen } = away(
    { XENKEEP_URL: URL_, XENKEEP_TOKEN: 'xk_a\n' },
    { 'GET /v1/runs': { items: [] } },
  )
  expect(await run('runs')).toMatchObject({ exitCode: 0 })
  expect(seen).toEqual([
    { url: `${URL_}/v1/runs?limit=21`, authorization: 'Bearer xk_a', redirect: 'error' },
  ])
})

test('the token may lie in a file that is the owner’s alone', async () => {
  const { run, seen, dataDir, host } = away(
    { XENKEEP_URL: URL_ },
    { 'GET /v1/runs': { items: [] } },
  )
  const file = join(dataDir, 'token')
  host.env.XENKEEP_TOKEN_FILE = file
  await writeFile(file, 'xk_b\n', { mode: 0o600 })
  expect((await run('runs')).exitCode).toBe(0)
  expect(seen[0]?.authorization).toBe('Bearer xk_b')
  await chmod(file, 0o640)
  const { exitCode, stderr } = await run('runs')
  expect(exitCode).toBe(5)
  expect(stderr).toContain(`The file ${file} with the token can be read by others on this machine.`)
  expect(stderr).toContain('TOKEN_FILE_OPEN')
})

test('what the command line names counts more', async () => {
  const cli = cliHost({ 'GET /v1/runs': { items: [] } })
  await cli.running()
  cli.host.env.XENKEEP_URL = URL_
  expect((await cli.run('runs')).exitCode).toBe(0)
})

test.each([
  ['api.example.com', 2, 'it is no URL'],
  ['ftp://api.example.com', 2, 'it begins with neither https:// nor http://'],
  ['http://api.example.com', 2, 'plain http would show the token to everybody on the way'],
  ['http://127.0.0.1.example.com', 2, 'plain http would show'],
  ['https://api.example.com/v1', 2, 'it must end behind the host'],
])('%s is refused', async (XENKEEP_URL, code, why) => {
  const { run, seen } = away({ XENKEEP_URL, XENKEEP_TOKEN: 'xk_a' })
  const { exitCode, stderr } = await run('runs')
  expect({ exitCode, stderr }).toEqual({ exitCode: code, stderr: expect.stringContaining(why) })
  expect(stderr).toContain('CONTROL_URL_INVALID')
  expect(seen).toEqual([])
})

test('credentials in the URL are refused without being shown', async () => {
  const { run } = away({ XENKEEP_URL: 'https://ann:secret@api.example.com' })
  const { stderr } = await run('runs')
  expect(stderr).toContain('it holds credentials')
  expect(stderr).not.toContain('secret')
})

test.each(['http://127.0.0.1:8720', 'http://localhost:8720', 'http://[::1]:8720'])(
  '%s is this machine',
  async XENKEEP_URL => {
    const { run } = away({ XENKEEP_URL, XENKEEP_TOKEN: 'xk_a' }, { 'GET /v1/runs': { items: [] } })
    expect((await run('runs')).exitCode).toBe(0)
  },
)

test.each([
  ['a door that does not know the token', 403, { message: 'Forbidden' }, 5, 'TOKEN_INVALID'],
  ['a door without a token', 401, { message: 'Unauthorized' }, 5, 'TOKEN_INVALID'],
  [
    'no answer from the authorizer',
    500,
    { message: 'Internal Server Error' },
    4,
    'CONTROL_PLANE_BUSY',
  ],
  ['too many calls', 429, { message: 'Too Many Requests' }, 4, 'CONTROL_PLANE_BUSY'],
  ['another program', 404, '<html>', 1, 'UNINTELLIGIBLE_ANSWER'],
  [
    'a token that has ended',
    401,
    {
      code: 'TOKEN_EXPIRED',
      message: 'The token "tickets" has expired.',
      advice: 'Sign in again.',
      retryable: false,
    },
    5,
    'The token "tickets" has expired.',
  ],
])('%s is told plainly', async (_, code, body, exitCode, text) => {
  const { run } = away(
    { XENKEEP_URL: URL_, XENKEEP_TOKEN: 'xk_a' },
    { 'GET /v1/runs': status(code, body) },
  )
  expect(await run('runs')).toMatchObject({ exitCode, stderr: expect.stringContaining(text) })
})

test('without a token nothing is sent', async () => {
  const { run, seen } = away({ XENKEEP_URL: URL_ })
  expect(await run('runs')).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining('TOKEN_MISSING'),
  })
  expect(seen).toEqual([])
})
