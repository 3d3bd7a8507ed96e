import { expect, test } from 'vitest'
import { runningCli, status } from '#test/support/cli-host.ts'
import { ids, job, run } from '#test/support/points.ts'

const GATEWAY = '01J000000000000000000000GW'
const gateway = {
  ...{ gatewayId: GATEWAY, name: 'site A', enrolled: Date.UTC(2026, 10, 1) },
  lastSeen: Date.UTC(2026, 10, 22, 13, 59),
  pools: [{ uuid: ids.pool, name: 'pool one' }],
}
const listed = { 'GET /v1/gateways': { items: [gateway] } }

test('lists gateways with their pools and their last call', async () => {
  const host = await runningCli(listed)
  const { exitCode, stdout } = await host.run('gateways')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('GATEWAY')
  expect(stdout).toMatch(
    /site A +not told +2026-11-01 00:00:00 UTC +2026-11-22 13:59:00 UTC +pool one/,
  )
  expect(JSON.parse((await host.run('gateways', 'list', '--json')).stdout)).toEqual({
    gateways: [gateway],
  })
})

const told = {
  ...gateway,
  ...{ version: '0.1.0', controlPlaneVersion: '0.2.0', jobs: [], problems: [] },
  served: [{ uuid: ids.pool, name: 'pool \x1b[2J', reached: false }],
  story: [{ at: Date.UTC(2026, 10, 22), standing: 'warning', text: 'Calls again.' }],
}
const plan = {
  about: {
    ...{ version: '0.1.0', node: '24.21.0', platform: 'linux x64', machine: 'backup-1' },
    ...{ timeZone: 'Europe/Berlin', slots: 4, bandwidth: {}, bootScripts: [] },
    hookScripts: [{ name: 'freeze' }, { name: 'tape', missing: true }],
  },
  ...{ freeSlots: 3, timeZone: 'Europe/Berlin' },
  allowedNow: {
    toRepository: { text: '8MB/s', bytesPerSecond: 8_000_000 },
    fromXenServer: { text: 'as much as goes' },
  },
  week: [{ days: 'Every day', toRepository: 'all day 8MB/s', fromXenServer: 'as much as goes' }],
  jobs: [
    { jobId: ids.job, runId: ids.run, kind: 'backup-vm', subject: 'web', line: 'reading: 40 %' },
  ],
  served: [
    {
      ...{ uuid: ids.pool, name: 'pool one', reached: true, told: Date.UTC(2026, 10, 22) },
      keeper: { gatewayId: GATEWAY, name: 'site A' },
    },
  ],
}

test('shows one: what it told, what it does, what happened to it', async () => {
  const host = await runningCli({
    ...listed,
    [`GET /v1/gateways/${GATEWAY}`]: { ...told, ...plan },
  })
  const { exitCode, stdout } = await host.run('gateways', 'show', 'site A')
  expect(exitCode).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "site A
    It is well.
      id          01J000000000000000000000GW
      version     0.1.0 (control plane: 0.2.0)
      machine     backup-1, linux x64, Node 24.21.0
      programs    around backups: freeze, tape (its file is missing); for boot checks: none
      last call   2026-11-22 13:59:00 UTC
      enrolled    2026-11-01 00:00:00 UTC
      repository  does no work on the repository itself

    Jobs in hand: 1; of its 4 slots 3 are free
      web (backup-vm): reading: 40 %

    POOL      ANSWERS  JOBS GO TO    INVENTORY OF
    pool one  yes      this gateway  2026-11-22 00:00:00 UTC

    Now it may send 8MB/s and read as much as goes. Its bandwidth plan (Europe/Berlin):
    DAYS       TO THE REPOSITORY  FROM XENSERVER
    Every day  all day 8MB/s      as much as goes

    What happened:
      2026-11-22 00:00:00 UTC  LOOK     Calls again.
    "
  `)
  const { gateway: shown } = JSON.parse(
    (await host.run('gateways', 'show', GATEWAY, '--json')).stdout,
  )
  expect(shown).toMatchObject({ gatewayId: GATEWAY, freeSlots: 3 })
})

test('one of before tells nothing, and a pool that does not answer is told', async () => {
  const host = await runningCli({ ...listed, [`GET /v1/gateways/${GATEWAY}`]: told })
  const { stdout } = await host.run('gateways', 'show', 'site A')
  expect(stdout).toContain(
    'version     does not tell (it is older than its control plane) (control plane: 0.2.0)',
  )
  expect(stdout).toMatch(/pool \\x1b\[2J +NO +nobody +not told yet/)
  expect(stdout).toContain('Bandwidth plan: does not tell')
  expect(stdout).toContain('LOOK     Calls again.')
})

test('makes a code, shows it once, and says where it goes', async () => {
  const validUntil = Date.UTC(2026, 10, 22, 14, 10)
  const host = await runningCli({
    'POST /v1/enrolment-codes': { code: 'AAAAA-BBBBB-CCCCC-DDDDD', validUntil },
  })
  const { stdout } = await host.run('gateways', 'enrol')
  expect(stdout).toContain('AAAAA-BBBBB-CCCCC-DDDDD\n')
  expect(stdout).toContain('until 2026-11-22 14:10:00 UTC')
})

test('revokes only who is meant: by name or id, and with --yes', async () => {
  const sessionsEndBy = Date.UTC(2026, 10, 22, 14, 15)
  const host = await runningCli({
    ...listed,
    [`POST /v1/gateways/${GATEWAY}/revoke`]: {
      ...{ gatewayId: GATEWAY, name: 'site A', jobs: 2, sessionsEndBy },
    },
  })
  const unsure = await host.run('gateways', 'revoke', 'site A')
  expect(unsure.exitCode).toBe(2)
  expect(unsure.stderr).toContain('Nothing was done: the gateway "site A" could not work any more')
  const wrong = await host.run('gateways', 'revoke', 'site B', '--yes')
  expect(wrong.exitCode).toBe(2)
  expect(wrong.stderr).toContain('There is no gateway "site B".')
  expect(host.calls.filter(call => call.startsWith('POST'))).toEqual([])

  const { exitCode, stdout } = await host.run('gateways', 'revoke', 'site A', '--yes')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('2 jobs were taken from it')
  expect(stdout).toContain('at 2026-11-22 14:15:00 UTC at the latest')
})

test('renames, and says when the name is taken', async () => {
  const problem = {
    ...{ code: 'GATEWAY_NAME_TAKEN', message: 'Another gateway is called "b".' },
    ...{ advice: 'Choose a name of its own.', retryable: false },
  }
  const host = await runningCli({
    ...listed,
    [`POST /v1/gateways/${GATEWAY}/rename`]: status(409, problem),
  })
  const { exitCode, stderr } = await host.run('gateways', 'rename', 'site A', 'b')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('Another gateway is called "b".')
})

test('a restore that waits ends the command with who has to agree, and is approved or declined by its id', async () => {
  const line =
    'waiting for approval by an administrator, because it writes over a VM that exists; asked for by olga'
  const waiting = { run: run({ kind: 'restore', state: 'waiting', line }), jobs: [job({})] }
  const host = await runningCli({
    'POST /v1/runs': { runId: ids.run },
    [`GET /v1/runs/${ids.run}`]: waiting,
    [`POST /v1/runs/${ids.run}/approve`]: { runId: ids.run },
    [`POST /v1/runs/${ids.run}/decline`]: { runId: ids.run },
  })
  const followed = await host.run('runs', ids.run, '--follow')
  expect(followed.exitCode).toBe(5)
  expect(followed.stdout).toBe(`Run ${ids.run} has not begun: ${line}\n`)

  expect((await host.run('runs', 'approve', ids.run)).stdout).toContain('is approved and begins')
  await host.run('runs', 'decline', ids.run, '--because', 'the wrong day')
  expect(host.calls.slice(-2)).toEqual([
    `POST /v1/runs/${ids.run}/approve {}`,
    `POST /v1/runs/${ids.run}/decline {"because":"the wrong day"}`,
  ])
  expect((await host.run('runs', 'approve', 'latest')).exitCode).toBe(2)
})
