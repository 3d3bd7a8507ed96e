import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unitText } from '#cli/commands/guests/systemd-unit.ts'
import { ExitCode } from '#cli/exit-codes.ts'
import { Settings } from '#core/contracts/settings.ts'
import { cliHost, runningCli } from '#test/support/cli-host.ts'
import { findTool } from '#test/support/tools.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xenkeep-install-'))
})
afterEach(() => rm(dir, { recursive: true }))

const HOST = ['--name', 'db-01', '--control', 'https://xenkeep.example.org']
const REPOSITORY = ['--repository', 's3://backups/main']
let cli: ReturnType<typeof cliHost>
beforeEach(() => {
  cli = cliHost()
})
const install = async (...words: string[]) => {
  const { exitCode, stdout, stderr } = await cli.run('guests', 'install', ...words)
  return { exitCode, said: stdout + stderr }
}

test('settings of a guest are written once, for their owner alone, and allow to save, not to restore', async () => {
  const freeze = ['--gateway', 'https://gateway:8721', '--fingerprint', 'a'.repeat(64)]
  const words = [...HOST, ...REPOSITORY, '--recipe', 'postgresql', ...freeze, '--mount', '/srv']
  const { exitCode, said } = await install(...words)
  expect([exitCode, said.includes('ExecStopPost=-/usr/sbin/fsfreeze --unfreeze "/srv"')]).toEqual([
    ExitCode.ok,
    true,
  ])
  expect(said).toContain('\nLimitCORE=0\n')
  const file = join(cli.dataDir, 'settings.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const { guest } = Settings.parse(JSON.parse(await readFile(file, 'utf8')))
  expect(guest).toMatchObject({ recipes: { postgresql: { phases: ['capture'] } } })
  const again = await install(...words)
  expect([again.exitCode, again.said]).toMatchObject([
    ExitCode.usage,
    expect.stringContaining('is there already, and was left as it is'),
  ])
})

test('what does not go together, or is no setting, writes nothing', async () => {
  const half = await install(...HOST, ...REPOSITORY, '--mount', '/srv')
  expect([half.exitCode, half.said]).toMatchObject([
    ExitCode.usage,
    expect.stringContaining('Holding still needs --gateway, --fingerprint and --mount together.'),
  ])
  const wrong = await install(...HOST, '--repository', 'backups')
  expect([wrong.exitCode, wrong.said]).toMatchObject([
    ExitCode.usage,
    expect.stringContaining('must begin with "file:/" or "s3://"'),
  ])
  await expect(stat(join(cli.dataDir, 'settings.json'))).rejects.toThrow()
})

test('what is not released, and the label of a recipe of the site itself, are said in the list and with the guest', async () => {
  const left = 'What the recipe "ledger" brought to rest is not released yet. Put it back.'
  const guest = {
    ...{ guestUuid: '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55', name: 'db-01', os: 'linux' },
    ...{ gatewayId: '01J000000000000000000000GW', osName: 'Debian 12', machine: 'db01' },
    enrolled: Date.UTC(2026, 10, 1),
    recipes: [
      {
        ...{ recipe: 'ledger', label: "the site's own: not run on the real thing" },
        componentUuid: '0e6b1f0e-28a8-4a4f-9a59-6f1f4d1c2b3a',
      },
    ],
    problems: [left],
  }
  const facts = [{ recipe: 'ledger', version: 3, phases: ['capture'], facts: {} }]
  const host = await runningCli({
    'GET /v1/guests': { items: [guest] },
    [`GET /v1/guests/${guest.guestUuid}`]: {
      ...{ ...guest, facts, drills: [], unreleased: [left], factsAt: Date.UTC(2026, 10, 2) },
    },
  })
  expect((await host.run('guests')).stdout).toContain(`\nLOOK  db-01: ${left}\n`)
  const { stdout } = await host.run('guests', 'show', 'db-01')
  expect(stdout).toContain(`LOOK  ${left}`)
  expect(stdout).toContain("ledger, version 3: allowed to capture; the site's own: not run on the")
})

test.skipIf(!findTool('systemd-analyze'))(
  'systemd takes the unit, with blanks and signs in its paths',
  async () => {
    const unit = join(dir, 'xenkeep-guest.service')
    const odd = '/srv/100% "of" it'
    const paths = { node: process.execPath, agent: '/bin/true', dataDir: odd, mounts: [odd] }
    await writeFile(unit, unitText(paths))
    const { stderr } = await promisify(execFile)('systemd-analyze', ['verify', unit])
    expect(stderr.split('\n').filter(line => line.includes('xenkeep-guest'))).toEqual([])
  },
)
