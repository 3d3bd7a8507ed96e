import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { MethodChoice, SnapshotGroup } from '#core/contracts/methods.ts'
import { createSnapshotGroups } from '#gateway-agent/jobs/backup/snapshot-group.ts'
import type { GroupOptions } from '#gateway-agent/jobs/backup/take-group.ts'
import { createVmTurns } from '#gateway-agent/jobs/vm-turns.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { until } from '#test/support/patience.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'

const OWNER = '0123456789ab'
const RUN = '01JD9W5R6D3S0Q6Z1B4W8TXY00'
const jobOf = (n: number) => `01JD9W5R6D3S0Q6Z1B4W8TXY0${n}`
const NAMES = ['app', 'db', 'web'] as const

let on: ClientOnPool
afterEach(() => on[Symbol.asyncDispose]())

const group = async (
  whenOneFails: SnapshotGroup['whenOneFails'] = 'group',
  choice: (name: string) => MethodChoice = () => ({ method: 'normal' }),
) => {
  on = await clientOnPool(Object.fromEntries(NAMES.map(name => [name, [Buffer.alloc(65536, 1)]])))
  const members = NAMES.map((vmName, n) => ({
    ...choice(vmName),
    jobId: jobOf(n),
    vmUuid: on.pool.vms[vmName] ?? '',
    vmName,
  }))
  const spec: SnapshotGroup = { id: RUN, whenOneFails, members }
  const pool = poolOfXapi(on.xapi)
  const life = () => {
    const take = createSnapshotGroups(createVmTurns())
    return (n: number, more: Partial<GroupOptions> = {}) =>
      take({
        group: spec,
        jobId: jobOf(n),
        pool,
        owner: OWNER,
        findProvider: () => undefined,
        openJobs: async open => ({ open, elsewhere: [] }),
        signal: new AbortController().signal,
        tell: () => undefined,
        ...more,
      })
  }
  const snapshots = () =>
    on.pool.state.database
      .all('VM')
      .values()
      .filter(vm => vm.is_a_snapshot)
      .toArray()
  return {
    pool,
    life,
    take: life(),
    members,
    snapshots,
    clean: async () => expect(await pool.listOurs(OWNER)).toStrictEqual([]),
  }
}

test('the first job takes the snapshots of all, each under its own job, and tells how far apart they are', async () => {
  const { take, snapshots } = await group()
  const [app, db] = await Promise.all([take(0), take(1)])
  expect(snapshots()).toHaveLength(3)
  const web = await take(2)
  expect(snapshots()).toHaveLength(3)
  expect(new Set([app.uuid, db.uuid, web.uuid]).size).toBe(3)
  expect([app.vm.name, db.vm.name, web.vm.name]).toStrictEqual(['app', 'db', 'web'])
  for (const { group: facts } of [app, db, web])
    expect(facts).toStrictEqual({ id: RUN, members: 3, skewMs: app.group?.skewMs })
  expect(app.group?.skewMs).toBeGreaterThan(0)
  const commands = on.pool.state.database
    .all('message')
    .values()
    .map(({ name }) => name)
    .toArray()
  expect(commands).toStrictEqual(['VM_SNAPSHOTTED', 'VM_SNAPSHOTTED', 'VM_SNAPSHOTTED'])
})

test('one VM that cannot be snapshotted fails all, and nothing is left', async () => {
  const { take, clean } = await group()
  on.fault({
    kind: 'fail-call',
    method: 'VDI.snapshot',
    error: ['SR_BACKEND_FAILURE_44', '', 'full', ''],
    skip: 1,
  })
  const failures = await Promise.all(
    [0, 1, 2].map(n =>
      take(n).then(
        () => undefined,
        error => error,
      ),
    ),
  )
  for (const failure of failures)
    expect(failure).toMatchObject({
      code: 'GROUP_FAILED',
      message: expect.stringMatching(
        /^The group was not backed up, because the VM "(app|db|web)" could not be snapshotted: The storage repository has no room left/,
      ),
    })
  await clean()
  // A job that comes late gets the same answer, and no snapshot is taken for it.
  await expect(take(2)).rejects.toMatchObject({ code: 'GROUP_FAILED' })
  await clean()
})

test('where that was allowed the others go on without it', async () => {
  const { take, snapshots } = await group('without', name => ({
    method: name === 'db' ? 'quiesced' : 'normal',
  }))
  const [app, db, web] = await Promise.allSettled([take(0), take(1), take(2)])
  expect(app).toMatchObject({ status: 'fulfilled', value: { group: { members: 2 } } })
  expect(db).toMatchObject({
    status: 'rejected',
    reason: { cause: { code: 'METHOD_UNAVAILABLE' } },
  })
  expect(web).toMatchObject({ status: 'fulfilled', value: { group: { members: 2 } } })
  expect(snapshots()).toHaveLength(2)
})

test('a method that fails for one VM keeps all others from being snapshotted', async () => {
  const { take, clean } = await group('group', name => ({
    method: name === 'db' ? 'quiesced' : 'normal',
  }))
  await expect(take(0)).rejects.toMatchObject({
    code: 'GROUP_FAILED',
    message: expect.stringContaining('the VM "db" could not be snapshotted'),
  })
  await clean()
})

test('VMs that are shut down for it are snapshotted only when all are, and run again', async () => {
  const { take, members } = await group('group', name => ({
    method: name === 'web' ? 'normal' : 'offline',
  }))
  const [app, , web] = await Promise.all([take(0), take(1), take(2)])
  expect([app.consistency, web.consistency]).toStrictEqual(['offline', 'crash'])
  const order = on.pool.state.database
    .all('message')
    .values()
    .map(({ name }) => name)
    .toArray()
  expect(order.slice(0, 2)).toStrictEqual(['VM_SHUTDOWN', 'VM_SHUTDOWN'])
  for (const { vmUuid } of members) {
    const ref = await on.xapi.call('VM.get_by_uuid', [vmUuid], z.string())
    expect(await on.xapi.call('VM.get_power_state', [ref], z.string())).toBe('Running')
  }
})

test('while one job has the VMs of all shut down, nobody else starts them', async () => {
  const { take, pool } = await group('group', () => ({ method: 'offline' }))
  on.fault({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 500, times: 3 })
  const taking = take(0)
  const { database } = on.pool.state
  const stateOf = (name: string) =>
    database.get('VM', database.byUuid('VM', on.pool.vms[name] ?? '')).power_state
  await until('all are down', () => NAMES.every(name => stateOf(name) === 'Halted'))
  const isRunning = (jobId: string) => jobId === jobOf(0)
  expect(await pool.startStopped(OWNER, isRunning)).toStrictEqual({
    started: [],
    failed: [],
    watched: 0,
  })
  expect(NAMES.map(stateOf)).toStrictEqual(['Halted', 'Halted', 'Halted'])
  expect((await taking).consistency).toBe('offline')
  expect((await take(2)).consistency).toBe('offline')
  expect(NAMES.map(stateOf)).toStrictEqual(['Running', 'Running', 'Running'])
})

test('VMs that a killed gateway left down for a group run before anything else is done', async () => {
  const { life, pool, members } = await group('group', () => ({ method: 'offline' }))
  const { vmUuid, jobId } = members[1] ?? { vmUuid: '', jobId: '' }
  const maker = { vmUuid, jobId: jobOf(0), owner: OWNER }
  await pool.markStopped(maker)
  const ref = await on.xapi.call('VM.get_by_uuid', [vmUuid], z.string())
  await on.xapi.run('VM.hard_shutdown', [ref], z.string())
  // The job that had stopped it runs here again, and waits for the group as this one does.
  const db = await life()(1, { isRunning: () => true })
  expect(db).toMatchObject({ consistency: 'offline' })
  expect(jobId).toBe(jobOf(1))
  expect(await on.xapi.call('VM.get_power_state', [ref], z.string())).toBe('Running')
})

test('after a restart each job finds its own snapshot, and none is taken anew', async () => {
  const { life, snapshots } = await group()
  const before = await life()(0)
  const after = await life()(2)
  expect(after.group).toStrictEqual(before.group)
  expect(after.vm.name).toBe('web')
  expect(snapshots()).toHaveLength(3)
})

test('a group that was cut off while its facts were written has them all the same', async () => {
  const { life, members } = await group()
  const before = await life()(0)
  const { database } = on.pool.state
  for (const [ref, vm] of database.all('VM')) {
    if (!vm.is_a_snapshot || vm.snapshot_of === database.byUuid('VM', members[0]?.vmUuid ?? ''))
      continue
    const { group: _, ...label } = JSON.parse(vm.other_config['xenkeep:snapshot'] ?? '')
    const other_config = { ...vm.other_config, 'xenkeep:snapshot': JSON.stringify(label) }
    database.update('VM', ref, { other_config })
  }
  const after = life()
  expect((await after(2)).group).toStrictEqual(before.group)
  expect((await after(1)).group).toStrictEqual(before.group)
})

test('a group that was cut off in mid-snapshot is taken anew as a whole', async () => {
  const { life, pool, members, snapshots } = await group()
  // What a killed gateway left: one member's snapshot, without the group's facts.
  const { vmUuid, jobId } = members[1] ?? { vmUuid: '', jobId: '' }
  const left = await pool.snapshotVm({
    vmUuid,
    jobId,
    owner: OWNER,
    signal: new AbortController().signal,
  })
  const app = await life()(0)
  expect(app.group?.members).toBe(3)
  expect(snapshots()).toHaveLength(3)
  expect(snapshots().map(({ uuid }) => uuid)).not.toContain(left.uuid)
})

test('a member that has ended cannot be joined by new snapshots', async () => {
  const { take, clean } = await group()
  await expect(
    take(1, {
      openJobs: async jobIds => ({
        open: jobIds.filter(jobId => jobId !== jobOf(0)),
        elsewhere: [],
      }),
    }),
  ).rejects.toMatchObject({
    code: 'GROUP_FAILED',
    message:
      'The group was not backed up, because the backup of "app" has ended already (its own result says how), and snapshots taken now would not belong to it.',
  })
  await clean()
})

test('what kept the group from being begun and passes by itself is tried again', async () => {
  const { take, snapshots } = await group()
  const away = async () => {
    throw new Error('the control plane is away')
  }
  await expect(take(0, { openJobs: away })).rejects.toThrow('away')
  expect((await take(0)).group?.members).toBe(3)
  expect(snapshots()).toHaveLength(3)
})

test('a member whose snapshot was removed cannot go on', async () => {
  const { life, pool } = await group()
  const take = life()
  await pool.destroySnapshot(await take(0))
  await expect(life()(0)).rejects.toMatchObject({
    code: 'GROUP_FAILED',
    message: expect.stringContaining('or is gone'),
  })
  expect((await life()(1)).vm.name).toBe('db')
})

test('when the job that takes them is stopped, the next one takes them', async () => {
  const { take, snapshots } = await group()
  on.fault({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 200 })
  const stopping = new AbortController()
  const first = take(0, { signal: stopping.signal })
  const second = take(1)
  stopping.abort(new Error('stopped'))
  await expect(first).rejects.toThrow('stopped')
  expect((await second).group?.members).toBe(3)
  expect(snapshots()).toHaveLength(3)
})
