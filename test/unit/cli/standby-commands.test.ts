import { expect, test } from 'vitest'
import { type Answers, cliHost } from '#test/support/cli-host.ts'
import { job, run } from '#test/support/points.ts'

const REPLICA = {
  replicaId: '01JD9W5R6D3S0Q6Z1B4W8TXY2K',
  vmUuid: '0f8c3a52-5a1e-4c2e-9d51-2b8a7f3c9e10',
  vmName: 'db-01',
  poolUuid: '7d1f0b6e-93a4-4f7b-8a55-c1de0b7a2f44',
  poolName: 'DR pool',
  keep: 3,
  everySeconds: 3_600,
  proveEvery: 0,
  phase: 'standing-by',
  nextDue: 0,
  missed: 0,
  line: 'Standing by.',
}
const COMMANDS = `POST /v1/replicas/${REPLICA.replicaId}/commands`
const LAN = '6c1a4f0e-9b7d-4e3b-a258-8d0c3f51e7d6'

/** @returns what was sent, beside the answers */
const cli = async (answers: Answers = {}) => {
  const bodies: unknown[] = []
  const keep = (reply: unknown) => (request: { body: unknown }) => {
    bodies.push(request.body)
    return reply
  }
  const { runId } = run()
  const host = cliHost({
    'GET /v1/replicas': { items: [REPLICA] },
    'POST /v1/replicas': keep({ replicaId: REPLICA.replicaId }),
    [COMMANDS]: keep({ replicaId: REPLICA.replicaId, runId }),
    [`GET /v1/runs/${runId}`]: { run: run({ state: 'succeeded', ended: 1 }), jobs: [job()] },
    'POST /v1/runs': keep({ runId }),
    ...answers,
  })
  await host.running()
  return { ...host, bodies }
}

test('replicate defines a standby, with networks and times in words', async () => {
  const { run: xenkeep, bodies } = await cli()
  const { exitCode, stdout } = await xenkeep(
    ...['replicate', 'db-01', '--to', 'DR pool', '--sr', 'fast', '--every', '15m', '--keep', '0'],
    ...['--network', `LAN=${LAN}`, '--network', `a=b=${LAN}`],
  )
  expect(exitCode).toBe(0)
  expect(stdout).toContain(REPLICA.replicaId)
  expect(bodies).toEqual([
    {
      vm: 'db-01',
      pool: 'DR pool',
      sr: 'fast',
      networks: { LAN, 'a=b': LAN },
      keep: 0,
      everySeconds: 900,
      proveEvery: 0,
    },
  ])
})

test.each([
  [['replicate', 'db-01'], 'Say with --to which pool gets the standby.'],
  [['replicate', 'db-01', '--to', 'x', '--every', '1 h'], '"1 h" is no time'],
  [['replicate', 'db-01', '--to', 'x', '--network', 'LAN'], '"LAN" should read FROM=TO.'],
  [['failover', 'web'], 'There is no standby of "web".'],
  [['failover', 'db-01', '--point', 'newest'], '"newest" is not the id of a recovery point'],
  [['failback', 'db-01', '--full', '--overwrite'], '--full leaves the VM at the origin alone'],
  [
    ['failover', 'db-01', '--test', '--force'],
    '--force belongs to a real failover, not to a test.',
  ],
  [['failover', 'db-01', '--test', '--no-start'], '--no-start belongs to a real failover'],
  [['failover', 'db-01', '--for', '30m'], '--for belongs to a test.'],
  [['failover', 'db-01', '--guest-verdict'], '--guest-verdict belongs to a test.'],
  [['failover', 'db-01', '--test', '--for', '2d'], 'A copy stays for a day at most.'],
  [['failover', 'db-01', '--test', '--for', 'long'], '"long" is no time'],
  [['failover', 'db-01', '--test', '--point', 'newest'], '"newest" is not the id'],
  [['boot-check'], 'Name recovery points, or --all-latest, and not both.'],
  [['boot-check', 'latest:x', '--all-latest'], 'and not both.'],
])('%s is refused with one sentence, and nothing is sent', async (args, sentence) => {
  const { run: xenkeep, bodies } = await cli()
  const { exitCode, stderr } = await xenkeep(...args)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(sentence)
  expect(bodies).toEqual([])
})

test('a test failover is a command of its own, with its wishes', async () => {
  const { run: xenkeep, bodies } = await cli()
  expect((await xenkeep('failover', 'db-01', '--test')).exitCode).toBe(0)
  const { exitCode } = await xenkeep(
    ...['failover', 'db-01', '--test', '--for', '30m', '--network', LAN, '--timeout', '60'],
    ...['--point', REPLICA.replicaId, '--script', 'ask', '--guest-verdict'],
  )
  expect(exitCode).toBe(0)
  expect(bodies).toEqual([
    { command: 'test' },
    {
      ...{ command: 'test', pointId: REPLICA.replicaId, networkUuid: LAN, timeoutSeconds: 60 },
      ...{ script: 'ask', guestVerdict: true, keepSeconds: 1_800 },
    },
  ])
})

test('failover, failback, stop and a round now are commands to the replica', async () => {
  const { run: xenkeep, bodies } = await cli()
  for (const args of [
    ['failover', 'db-01', '--force', '--no-start'],
    ['failback', REPLICA.replicaId.toLowerCase()],
    ['replicate', 'db-01', '--now'],
  ])
    expect((await xenkeep(...args)).exitCode).toBe(0)
  expect(bodies).toEqual([
    { command: 'failover', force: true, start: false },
    { command: 'failback', full: false, overwrite: false },
    { command: 'round' },
  ])
})

test('replicas shows how each stands, and the whole with --json', async () => {
  const { run: xenkeep } = await cli()
  expect((await xenkeep('replicas')).stdout).toMatch(
    /db-01 {2}DR pool {2}standing-by .*Standing by\.$/m,
  )
  expect(JSON.parse((await xenkeep('replicas', '--json')).stdout)).toEqual({ replicas: [REPLICA] })
})

test('boot-check asks for points, or for all', async () => {
  const { run: xenkeep, bodies } = await cli()
  await xenkeep('boot-check', '--all-latest', '--detach', '--timeout', '60', '--script', 'ask')
  expect(bodies).toEqual([
    {
      kind: 'boot-check',
      pointIds: [],
      allLatest: true,
      timeoutSeconds: 60,
      guestVerdict: false,
      script: 'ask',
    },
  ])
})

test('backup --all leaves standbys out, and says so; what may be the machine is taken', async () => {
  const vm = (uuid: string, name: string) => ({
    uuid,
    name,
    description: '',
    powerState: 'Halted',
    tags: [],
    disks: [],
    poolUuid: REPLICA.poolUuid,
    poolName: 'DR pool',
    size: 0,
  })
  const uuids = { db: REPLICA.vmUuid, standby: LAN, active: REPLICA.poolUuid }
  const standbyOf = (uuid: string, phase: string) => ({
    ...REPLICA,
    phase,
    standby: { uuid, name: 'n', pointId: REPLICA.replicaId, taken: 0, states: [] },
  })
  const { run: xenkeep, bodies } = await cli({
    'GET /v1/vms': {
      items: [
        vm(uuids.db, 'db-01'),
        vm(uuids.standby, 'db-01 (standby)'),
        vm(uuids.active, 'web (failed over)'),
      ],
    },
    'GET /v1/replicas': {
      items: [standbyOf(uuids.standby, 'standing-by'), standbyOf(uuids.active, 'failing-over')],
    },
  })
  const { exitCode, stderr } = await xenkeep('backup', '--all', '--detach')
  expect(exitCode).toBe(0)
  expect(bodies).toMatchObject([{ vms: [uuids.db, uuids.active] }])
  expect(stderr).toContain('"db-01 (standby)" is left out: it is the standby of "db-01"')
  expect(stderr).not.toContain('failed over')
})

const DEED = { steps: ['Rounds stop.'] }
const DETAIL = {
  ...{ replica: REPLICA, created: 0, rounds: 2, origin: { uuid: LAN }, networks: [], states: [] },
  runs: [],
  deeds: {
    ...{ round: DEED, test: DEED, failback: DEED, stop: DEED, resume: DEED },
    failover: { ...DEED, risk: '"db-01" was running.' },
  },
}
const ONE = { [`GET /v1/replicas/${REPLICA.replicaId}`]: DETAIL }

test('one standby is shown with all that is known of it', async () => {
  const { run: xenkeep } = await cli(ONE)
  const { stdout, exitCode } = await xenkeep('replicas', 'db-01')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('standby of "db-01" in the pool "DR pool"')
  expect(stdout).toContain('every 1 h, 2 went well')
  expect(stdout).toContain('never, as far as is known')
  const json = await xenkeep('replicas', 'db-01', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ replica: { rounds: 2 } })
  expect((await xenkeep('replicas', 'db-01', '--troubled')).exitCode).toBe(2)
})

test('a plan tells what would be done, and does nothing', async () => {
  const { run: xenkeep, bodies } = await cli(ONE)
  const { stdout } = await xenkeep('failover', 'db-01', '--plan')
  expect(stdout).toContain('It has to be forced: "db-01" was running.')
  expect(stdout).toContain('1. Rounds stop.')
  expect((await xenkeep('failback', 'db-01', '--plan')).stdout).toContain('Nothing was done yet.')
  const test = await xenkeep('failover', 'db-01', '--test', '--plan', '--json')
  expect(JSON.parse(test.stdout)).toEqual({ plan: DEED })
  expect(bodies).toEqual([])
})

test('a preview of a definition saves nothing', async () => {
  const { run: xenkeep, bodies } = await cli({
    'POST /v1/replicas/preview': { steps: ['Everything is written.'], notes: ['No point yet.'] },
  })
  const { stdout } = await xenkeep('replicate', 'db-01', '--to', 'DR pool', '--preview')
  expect(stdout).toContain('1. Everything is written.\nNote: No point yet.\nNothing was changed.')
  expect(bodies).toEqual([])
})

test('boot checks are listed with what they prove', async () => {
  const newest = { pointId: REPLICA.replicaId, taken: 0 }
  const found = { vmUuid: REPLICA.vmUuid, vmName: 'db-01', newest, proof: 'never', line: 'No.' }
  const counts = { good: 0, old: 0, gone: 0, bad: 0, never: 1, unknown: 0 }
  const { run: xenkeep } = await cli({
    'GET /v1/boot-checks': { items: [found], total: 1, counts },
  })
  const { stdout, exitCode } = await xenkeep('boot-checks', '--proof', 'never', '--days', '90')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/db-01 +never checked +- /)
  const json = JSON.parse((await xenkeep('boot-checks', '--json')).stdout)
  expect(json.bootChecks).toMatchObject([{ proof: 'never' }])
})
