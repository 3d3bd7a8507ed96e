import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import { ownerOf } from '#core/points/marks.ts'
import { parseSubject } from '#core/points/subject.ts'
import { removeLeftovers } from '#gateway-agent/jobs/leftovers.ts'
import type { AskOpenJobs } from '#gateway-agent/jobs/open-jobs.ts'
import { listOurs } from '#gateway-agent/xapi/leftovers.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { agentOnPool } from '#test/support/agent-on-pool.ts'
import { backedUp } from '#test/support/backup-job.ts'
import { until } from '#test/support/patience.ts'

const MIB = 1024 * 1024

type Agent = Awaited<ReturnType<typeof agentOnPool>>
let agent: Agent
afterEach(() => agent.client[Symbol.asyncDispose]())

const open = async (disks: Buffer[] = [randomBytes(MIB)], options: PoolOptions = {}) => {
  agent = await agentOnPool({ web: disks }, options)
  const { pool } = agent.client
  const { database } = pool.state
  const vmUuid = pool.vms.web ?? ''
  const live = () => {
    const ref = database.byUuid('VM', vmUuid)
    return { ref, vm: database.get('VM', ref) }
  }
  const disk = (n: number) => {
    const vbd = live()
      .vm.VBDs.map(ref => database.get('VBD', ref))
      .find(({ userdevice }) => userdevice === String(n))
    return vbd?.VDI ?? ''
  }
  const spec = (more: Partial<BackupVmSpec> = {}): BackupVmSpec => ({
    kind: 'backup-vm',
    poolUuid: pool.poolUuid,
    vmUuid,
    vmName: 'web',
    method: 'normal',
    ...more,
  })
  /** What is left on the pool beside changed-block bases. */
  const left = async () =>
    (await listOurs(agent.client.xapi, agent.repository.id.slice(0, 12))).filter(
      ({ baseOf }) => !baseOf,
    )
  return { database, vmUuid, live, disk, spec, left }
}

const subjectOf = async (pointId: string) => {
  for await (const ref of agent.repository.points())
    if (ref.id === pointId) {
      const point = await agent.repository.readPoint(ref)
      return { point, subject: parseSubject(point.id, point.subject) }
    }
  throw new Error('no such point')
}

test('a memory point holds the image as one more disk, with what a resume needs', async () => {
  const { database, live, spec, left } = await open()
  database.update('VM', live().ref, {
    last_booted_record: 'the machine',
    memory_static_max: 8 * MIB,
  })
  const { outcome } = await agent.run(spec({ method: 'memory' }))
  const { point } = backedUp(outcome)
  expect(point).toMatchObject({ method: 'memory', consistency: 'memory' })
  expect(point.disks.map(({ userdevice }) => userdevice)).toStrictEqual(['0', 'memory'])
  expect(point.disks[1]?.reasons).toStrictEqual([
    'Memory is read in full, because each backup has an image of its own.',
  ])
  const stored = await subjectOf(point.pointId)
  expect(stored.subject.vm.memory).toMatchObject({
    vdiUuid: point.disks[1]?.vdiUuid,
    lastBootedRecord: 'the machine',
    powerState: 'Suspended',
  })
  expect(stored.point.disks.map(({ id }) => id)).toContain(point.disks[1]?.vdiUuid)
  expect(await left()).toStrictEqual([])
  expect([...database.all('VDI').values()].filter(({ type }) => type === 'suspend')).toStrictEqual(
    [],
  )
})

test('what was asked, what was achieved and why they differ are in the point', async () => {
  const { spec } = await open([randomBytes(MIB)], { unlicensed: ['checkpoint'] })
  const { outcome } = await agent.run(spec({ method: 'memory', fallback: 'crash' }))
  const { point } = backedUp(outcome)
  const weakerBecause = 'The licence of the pool does not include it (LICENCE_RESTRICTION).'
  expect(point).toMatchObject({ method: 'memory', consistency: 'crash', weakerBecause })
  expect((await subjectOf(point.pointId)).subject).toMatchObject({
    method: 'memory',
    weakerBecause,
  })
})

test('a disk that is reset at every boot is left out, and the others are snapshotted one by one', async () => {
  const { database, disk, spec, left } = await open([randomBytes(MIB), Buffer.alloc(MIB, 1)])
  database.update('VDI', disk(1), { on_boot: 'reset' })
  const first = backedUp((await agent.run(spec())).outcome).point
  expect(first.disks.map(({ userdevice }) => userdevice)).toStrictEqual(['0'])
  expect(first.skipped).toMatchObject([
    { userdevice: '1', reason: 'the disk is reset at every boot, so it holds nothing lasting' },
  ])
  expect(await left()).toStrictEqual([])
  const second = backedUp((await agent.run(spec())).outcome).point
  expect(second.disks).toMatchObject([{ incremental: true, bytesRead: 0 }])
  expect(await left()).toStrictEqual([])
})

test('a failure after single snapshots leaves none', async () => {
  const { database, disk, spec, left } = await open([
    randomBytes(MIB),
    randomBytes(MIB),
    randomBytes(MIB),
  ])
  database.update('VDI', disk(2), { on_boot: 'reset' })
  agent.client.fault({
    kind: 'fail-call',
    method: 'VDI.snapshot',
    error: ['SR_FULL', '1', '2'],
    skip: 1,
  })
  await expect(agent.run(spec())).rejects.toMatchObject({ code: 'SR_FULL' })
  expect(await left()).toStrictEqual([])
  expect([...database.all('VDI').values()].filter(vdi => vdi.is_a_snapshot)).toStrictEqual([])
})

test('a request leaves out disks by number', async () => {
  const { spec } = await open([randomBytes(MIB), randomBytes(MIB)])
  const { point } = backedUp((await agent.run(spec({ excludedDisks: ['1'] }))).outcome)
  expect(point.disks.map(({ userdevice }) => userdevice)).toStrictEqual(['0'])
  expect(point.skipped).toMatchObject([
    { userdevice: '1', reason: 'this backup was asked to leave it out' },
  ])
})

test.each(['7.1', '8.2'] as const)(
  'release %s knows no disks to leave out: their copies go',
  async release => {
    const { database, disk, spec, left } = await open([randomBytes(MIB), randomBytes(MIB)], {
      release,
    })
    database.update('VDI', disk(1), { name_label: 'scratch [NOBAK]' })
    const { point } = backedUp((await agent.run(spec())).outcome)
    expect(point.disks.map(({ userdevice }) => userdevice)).toStrictEqual(['0'])
    expect(await left()).toStrictEqual([])
    const copies = [...database.all('VDI').values()].filter(
      vdi => vdi.is_a_snapshot && vdi.type !== 'cbt_metadata',
    )
    expect(copies).toStrictEqual([])
  },
)

test('storage that has not merged earlier snapshots yet is told', async () => {
  const { database, disk, spec } = await open()
  const { SR } = database.get('VDI', disk(0))
  const node = (fields: object) =>
    database.create('VDI', { SR, managed: false, virtual_size: MIB, type: 'user', ...fields })
  const grandparent = database.get('VDI', node({}))
  const parent = database.get('VDI', node({ sm_config: { 'vhd-parent': grandparent.uuid } }))
  database.update('VDI', disk(0), { sm_config: { 'vhd-parent': parent.uuid } })
  const sentence = expect.stringContaining(
    'has not merged earlier snapshots of the disk "web disk 0" yet (coalesce)',
  )
  expect(backedUp((await agent.run(spec())).outcome).notes).toContainEqual(sentence)
  // A parent with a second child is shared, and stays.
  node({ sm_config: { 'vhd-parent': grandparent.uuid } })
  expect(backedUp((await agent.run(spec())).outcome).notes).not.toContainEqual(sentence)
})

test('a VM that is destroyed while its disks are read still has its point, and nothing is left', async () => {
  const { vmUuid, database, spec, left } = await open([randomBytes(4 * MIB)])
  let destroyed: Promise<void> | undefined
  const { outcome } = await agent.run(spec(), ({ phase }) => {
    if (phase?.startsWith('reading'))
      destroyed ??= agent.client.simulator(`/sim/destroy-vm?vm=${vmUuid}`)
  })
  await destroyed
  expect(backedUp(outcome).point.disks).toHaveLength(1)
  expect(() => database.byUuid('VM', vmUuid)).toThrow('UUID_INVALID')
  expect(await left()).toStrictEqual([])
})

test('a snapshot that an administrator destroys while it is read fails the backup with that sentence', async () => {
  const { database, vmUuid, spec, left } = await open([randomBytes(4 * MIB)])
  let done = false
  const failure = agent.run(spec(), ({ phase }) => {
    if (phase !== 'asking what changed' || done) return
    done = true
    const snapshot = [...database.all('VM').values()].find(vm => vm.is_a_snapshot)
    void agent.client.simulator(`/sim/destroy-vm?vm=${snapshot?.uuid}`)
    agent.client.fault({ kind: 'delay-call', method: 'VDI.get_nbd_info', milliseconds: 300 })
  })
  await expect(failure).rejects.toMatchObject({
    code: 'SNAPSHOT_GONE',
    message:
      'The snapshot of the VM "web" was removed from the pool by somebody else while it was read.',
  })
  expect(await left()).toStrictEqual([])
  const vm = database.get('VM', database.byUuid('VM', vmUuid))
  expect(vm.blocked_operations).toStrictEqual({})
  expect(vm.power_state).toBe('Running')
})

test('a job of a group that begins while another has its VM shut down leaves it down', async () => {
  agent = await agentOnPool({ app: [randomBytes(MIB)], db: [randomBytes(MIB)] })
  const { pool, fault } = agent.client
  const { database } = pool.state
  const members = (['app', 'db'] as const).map((vmName, n) => ({
    jobId: `01JD9W5R6D3S0Q6Z1B4W8TXY0${n}`,
    vmUuid: pool.vms[vmName] ?? '',
    vmName,
    method: 'offline' as const,
  }))
  const group = { id: '01JD9W5R6D3S0Q6Z1B4W8TXY09', whenOneFails: 'group' as const, members }
  const run = async (n: 0 | 1) => {
    const { jobId = '', ...member } = members[n] ?? {}
    const spec = { ...agent.backupSpec(n === 0 ? 'app' : 'db'), ...member, group }
    return agent.run(spec, undefined, jobId)
  }
  fault({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 500, times: 2 })
  const db = () => database.get('VM', database.byUuid('VM', pool.vms.db ?? ''))
  const first = run(0)
  await until('the VM of the other is down', () => db().power_state === 'Halted')
  const second = run(1)
  for (const { outcome } of await Promise.all([first, second]))
    expect(backedUp(outcome).point).toMatchObject({ consistency: 'offline' })
  const messages = database.all('message').values().toArray()
  expect(messages.filter(({ name }) => name === 'VM_STARTED')).toHaveLength(2)
  expect(db().power_state).toBe('Running')
})

test('disks that were snapshotted one by one for a group wait for their job, whatever is swept meanwhile', async () => {
  const { database, disk, vmUuid } = await open([randomBytes(MIB), Buffer.alloc(MIB, 1)])
  database.update('VDI', disk(1), { on_boot: 'reset' })
  const { pool, repository, log } = agent
  const owner = ownerOf(repository.id)
  const jobId = '01JD9W5R6D3S0Q6Z1B4W8TXY01'
  const { signal } = new AbortController()
  const snapshot = await pool.snapshotVm({ vmUuid, jobId, owner, signal })
  const sweep = (openJobs: AskOpenJobs) =>
    removeLeftovers({ pool, repository, isRunning: () => false, openJobs, log })
  const made = await pool.listOurs(owner)
  expect(made.map(({ kind }) => kind).sort()).toStrictEqual(['block', 'disk'])
  expect(await sweep(async open => ({ open, elsewhere: [] }))).toBe(true)
  expect(await pool.listOurs(owner)).toStrictEqual(made)
  expect(snapshot.disks).toHaveLength(1)
  expect(await sweep(async () => ({ open: [], elsewhere: [] }))).toBe(false)
  expect(await pool.listOurs(owner)).toStrictEqual([])
})
