import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { damageLargestPack } from '#test/support/damage-pack.ts'
import { type Ended, xenkeep, xenkeepUp } from '#test/support/xenkeep.ts'

/*
 * Motivation: what an administrator meets is the command line. Here it runs as it is shipped: `xenkeep up` with its processes,
 * the other commands as processes beside it, against a simulated pool.
 *
 * Steps: first starts that go wrong, a first start that goes right, backup twice, restore, check, damage, kill, stop.
 *
 * Passes when every command ends with the exit code that docs/cli.md promises, what goes wrong is said in one sentence with
 * advice and a code and without a stack trace, and the restored VM is in the pool.
 */

const MiB = 1024 * 1024
const PASSPHRASE = 'five random words of the test'
let folder: string
let data: string[]
let pool: ChildProcess
let url: string
let fingerprint: string
let up: Awaited<ReturnType<typeof xenkeepUp>> | undefined

const file = (name: string) => join(folder, name)
const firstStart = (...more: string[]) => [
  ...['--pool', url, '--password-file', file('password'), '--port', '0'],
  ...['--repository', `file:${file('repository')}`, '--passphrase-file', file('passphrase')],
  ...['--recovery-kit-file', file('kit')],
  ...more,
]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-e2e-cli-'))
  data = ['--data', file('data')]
  await writeFile(file('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 })
  await writeFile(file('password'), 'xenserver\n', { mode: 0o600 })
  const disk = await open(file('disk.raw'), 'w')
  await disk.write(Buffer.alloc(3 * MiB, 'what the guest wrote '), 0, 3 * MiB, MiB)
  await disk.truncate(8 * MiB)
  await disk.close()
  pool = spawn(
    process.execPath,
    ['xenserver-sim/main.ts', '--port', '0', '--vm', `mail=${file('disk.raw')}`],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: { ...process.env, TMPDIR: folder } },
  )
  const [line] = await once(createInterface({ input: pool.stdout as Readable }), 'line')
  const [host] = JSON.parse(line).hosts
  url = host.url
  fingerprint = host.certificateFingerprint
})

afterAll(async () => {
  await up?.stop('SIGTERM')
  const gone = once(pool, 'close')
  pool.kill('SIGTERM')
  await gone
  await rm(folder, { recursive: true, force: true })
})

/** Three lines on standard error, and no stack trace. */
const expectFailure = (
  { exitCode, stderr }: Ended,
  code: string,
  exit: number,
  sentence: string,
) => {
  expect(stderr).toMatch(/^xenkeep: .+\n {2}what to do: .+\n {2}code: [A-Z_]+\n$/)
  expect(stderr).toContain(`  code: ${code}\n`)
  expect(stderr).toContain(sentence)
  expect(exitCode).toBe(exit)
}

describe('a first start that goes wrong changes nothing and says what to do', () => {
  const trusted = () => ['--fingerprint', fingerprint]
  test.each([
    ['no pool named', () => [], 'USAGE', 2, 'say which pool to protect'],
    [
      'a certificate that nobody confirmed',
      () => firstStart(),
      'CERTIFICATE_UNKNOWN',
      5,
      'a certificate that you have not confirmed yet',
    ],
    [
      'another certificate than the pinned one',
      () => firstStart('--fingerprint', 'ab'.repeat(32)),
      'XAPI_CERTIFICATE_MISMATCH',
      5,
      'is not trusted: it is not the pinned one',
    ],
    [
      'a pool that does not answer',
      () => firstStart(...trusted(), '--pool', 'https://127.0.0.1:1'),
      'XAPI_UNREACHABLE',
      4,
      'No XenServer host answers at 127.0.0.1:1',
    ],
    [
      'a wrong password',
      () => firstStart(...trusted(), '--password-file', file('passphrase')),
      'XAPI_WRONG_PASSWORD',
      5,
      'refused the user name or the password of "root"',
    ],
    [
      'a password file that is not there',
      () => firstStart(...trusted(), '--password-file', file('none')),
      'SECRET_UNREADABLE',
      5,
      'cannot be read',
    ],
  ] as const)('%s', async (_, args, code, exit, sentence) => {
    const ended = await xenkeep(['up', ...data, ...args()])
    expectFailure(ended, code, exit, sentence)
    expect(ended.stdout + ended.stderr).not.toContain(PASSPHRASE)
    await expect(stat(join(file('data'), 'settings.json'))).rejects.toThrow('ENOENT')
  })

  test('the command that confirms the certificate can be copied as it is', async () => {
    const { stderr } = await xenkeep(['up', ...data, ...firstStart()])
    expect(stderr).toContain(`run: xenkeep up --data ${file('data')} --pool ${url} --password-file`)
    expect(stderr).toContain(`--fingerprint ${fingerprint}`)
  })
})

describe('from the first start to a restored VM', () => {
  test('the first start makes the repository, hands over the recovery kit and finds the pool', async () => {
    up = await xenkeepUp([...data, ...firstStart('--fingerprint', fingerprint)])
    expect(up.events.at(-1)).toMatchObject({
      event: 'ready',
      vms: 1,
      repository: `file:${file('repository')}`,
    })
    expect(await readFile(file('kit'), 'utf8')).toContain('XENKEEP RECOVERY KIT')
    for (const name of ['kit', 'data/settings.json', 'data/control/endpoint.json'])
      expect((await stat(file(name))).mode & 0o777).toBe(0o600)
    expect(await readFile(file('data/settings.json'), 'utf8')).not.toContain(PASSPHRASE)
  })

  test('a second one on the same data directory is refused', async () => {
    const ended = await xenkeep(['up', ...data])
    expectFailure(ended, 'ALREADY_RUNNING', 2, `already (process ${up?.pid})`)
  })

  test('vms, backup, points: the second backup reads nothing', async () => {
    const before = JSON.parse((await xenkeep(['vms', '--json', ...data])).stdout)
    expect(before.vms).toMatchObject([{ name: 'mail', size: 8 * MiB }])

    const first = await xenkeep(['backup', 'mail', ...data])
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('backed up, full, crash-consistent: read '),
    })
    const second = await xenkeep(['backup', '--all', '--json', ...data])
    expect(second.exitCode).toBe(0)
    const last = JSON.parse(second.stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({ event: 'ended', run: { state: 'succeeded' } })

    const { points } = JSON.parse((await xenkeep(['points', '--json', ...data])).stdout)
    expect(points).toMatchObject([
      { vmName: 'mail', bytesRead: 0, disks: [{ incremental: true }] },
      { vmName: 'mail', disks: [{ incremental: false }] },
    ])
    expect(points[1].bytesRead).toBeGreaterThanOrEqual(3 * MiB)
    expect((await xenkeep(['points', ...data])).stdout).toContain('first recovery point of this VM')
  })

  test('a VM that does not exist', async () => {
    const ended = await xenkeep(['backup', 'male', ...data])
    expectFailure(ended, 'VM_NOT_FOUND', 2, 'There is no VM "male"')
  })

  test('restore as a new VM, which the pool then has', async () => {
    const ended = await xenkeep(['restore', 'latest:mail', '--name', 'mail again', ...data])
    expect(ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('content proven equal to the point'),
    })
    const { vms } = JSON.parse((await xenkeep(['vms', '--json', ...data])).stdout)
    expect(vms).toMatchObject([{ name: 'mail' }, { name: 'mail again', powerState: 'Halted' }])
  })

  test('check: sound, then a wrong passphrase, then damage by VM, disk and place', async () => {
    const sound = await xenkeep(['check', '--level', '2', ...data])
    expect(sound).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No damage was found.'),
    })
    const wrong = await xenkeep(['check', ...data], { XENKEEP_PASSPHRASE: 'not the one' })
    expectFailure(wrong, 'WRONG_PASSPHRASE', 5, 'does not open the repository')

    await cp(file('repository'), file('damaged'), { recursive: true })
    await damageLargestPack(file('damaged'))
    const damaged = await xenkeep([
      ...['check', '--level', '2', '--repository', `file:${file('damaged')}`],
      ...['--passphrase-file', file('passphrase'), ...data],
    ])
    expect(damaged.exitCode).toBe(6)
    expect(damaged.stdout).toContain('2 of 2 recovery points cannot be restored completely')
    expect(damaged.stdout).toMatch(
      /VM "mail" \(.+\), point .+, disk 0 ".*" \(.+\), bytes [\d,]+ to [\d,]+/,
    )
  })

  test('killed without warning it leaves nothing running, and starts again', async () => {
    const { pid } = JSON.parse(await readFile(file('data/control/endpoint.json'), 'utf8'))
    await up?.stop('SIGKILL')
    up = undefined
    up = await xenkeepUp(data)
    // The former control plane has let go of its port by now; its process may take a moment longer.
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 30_000)
    const { points } = JSON.parse((await xenkeep(['points', '--json', ...data])).stdout)
    expect(points).toHaveLength(2)
  })

  test('catalog, index and cache are lost: every point is listed again, and the next backup reads nothing', async () => {
    const listed = async () =>
      JSON.parse((await xenkeep(['points', '--json', ...data])).stdout).points
    const before = await listed()
    expect(await up?.stop('SIGTERM')).toBe(0)
    for (const suffix of ['', '-wal', '-shm'])
      await rm(file(`data/control/catalog.sqlite${suffix}`), { force: true })
    for (const lost of ['repository/index', 'data/gateway/cache'])
      await rm(file(lost), { recursive: true })
    const where = ['--repository', `file:${file('repository')}`]
    const rebuilt = await xenkeep(['repo', 'rebuild', ...where], { XENKEEP_PASSPHRASE: PASSPHRASE })
    expect([rebuilt.exitCode, rebuilt.stderr]).toEqual([0, ''])

    up = await xenkeepUp(data)
    await vi.waitFor(async () => expect(await listed()).toEqual(before), 60_000)
    const next = await xenkeep(['backup', 'mail', ...data])
    expect(next.exitCode).toBe(0)
    expect((await listed())[0]).toMatchObject({ bytesRead: 0, disks: [{ incremental: true }] })
  })

  test('stopped in good order; then commands say that nothing runs', async () => {
    expect(await up?.stop('SIGTERM')).toBe(0)
    expect(up?.events.at(-1)).toEqual({ event: 'stopped' })
    up = undefined
    const ended = await xenkeep(['vms', ...data])
    expectFailure(ended, 'NOT_RUNNING', 4, 'is not running on the data directory')
  })
})
