import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { MethodChoice, WhenOneFails } from '#core/contracts/methods.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { type AgentOnPool, agentOn, agentOnPool } from '#test/support/agent-on-pool.ts'
import { until } from '#test/support/patience.ts'

const MIB = 1024 * 1024
const RUN = '01JD9W5R6D3S0Q6Z1B4W8TXY09'
const NAMES = ['app', 'db', 'web'] as const
type Name = (typeof NAMES)[number]

let agent: AgentOnPool
afterEach(() => agent[Symbol.asyncDispose]())

/** Three VMs, each with the jobs of one group; a job that fails is told by its error. */
const open = async (
  whenOneFails: z.infer<typeof WhenOneFails> = 'group',
  choice: Partial<Record<Name, MethodChoice>> = {},
  options: Parameters<typeof agentOnPool>[1] = {},
) => {
  const contents = { app: randomBytes(MIB), db: randomBytes(MIB), web: randomBytes(MIB) }
  const { app, db, web } = contents
  agent = await agentOnPool({ app: [app], db: [db], web: [web] }, options)
  const { pool } = agent.client
  const { database } = pool.state
  const members = NAMES.map((vmName, n) => ({
    jobId: `01JD9W5R6D3S0Q6Z1B4W8TXY0${n}`,
    vmUuid: pool.vms[vmName] ?? '',
    vmName,
    ...(choice[vmName] ?? { method: 'normal' as const }),
  }))
  const group = { id: RUN, whenOneFails, members }
  const run = async (
    name: Name,
    by = agent,
    signal?: AbortSignal,
  ): Promise<JobOutcome | { code: string; message: string }> => {
    const { jobId = '', ...member } = members.find(({ vmName }) => vmName === name) ?? {}
    const spec = { ...agent.backupSpec(name), ...member, group }
    return by.run(spec, undefined, jobId, signal).then(
      ({ outcome }) => outcome,
      error => ({ code: asXenkeepError(error).code, message: asXenkeepError(error).message }),
    )
  }
  const ref = (name: Name) => database.byUuid('VM', pool.vms[name] ?? '')
  return {
    contents,
    database,
    group,
    run,
    all: () => Promise.all(NAMES.map(name => run(name))),
    life: () => agentOn(agent.client, agent.repository, agent.jobId) as AgentOnPool,
    ref,
    snapshotted: () =>
      database
        .all('VM')
        .values()
        .filter(vm => vm.is_a_snapshot)
        .map(vm => vm.snapshot_of)
        .toArray(),
    destroy: async (name: Name) => {
      const { run: call } = agent.client.xapi
      await call('VM.hard_shutdown', [ref(name)], z.string())
      await call('VM.destroy', [ref(name)], z.string())
    },
  }
}

const backedUp = (outcome: unknown) => ({ status: 'backed-up', ...(outcome as object) })

test('each point tells how many VMs the group has and how far apart they are', async () => {
  const { all, contents } = await open()
  const outcomes = await all()
  const skew = outcomes.map(outcome => (outcome as Backed).point.group?.skewMs)
  expect(new Set(skew).size).toBe(1)
  expect(skew[0]).toBeGreaterThan(0)
  for (const [n, name] of NAMES.entries()) {
    const { point } = outcomes[n] as Backed
    expect(point.group).toMatchObject({ id: RUN, members: 3 })
    expect(await agent.content(name, point.pointId)).toStrictEqual([contents[name]])
  }
  expect(await agent.leftovers()).toStrictEqual([])
})

type Backed = Extract<JobOutcome, { status: 'backed-up' }>

test('waits for another backup of a member, and nobody else begins on one while its snapshots are taken', async () => {
  const { all, snapshotted } = await open()
  const { fault } = agent.client
  fault({ kind: 'delay-call', method: 'VDI.get_nbd_info', milliseconds: 400 })
  const single = agent.run(agent.backupSpec('db'))
  await until('the other backup has its snapshot', () => snapshotted().length === 1)
  let done = false
  const group = all()
  void single.then(() => {
    done = true
  })
  await until('the snapshots of the group are there', () => {
    const there = new Set(snapshotted()).size === 3
    if (there) expect(done).toBe(true)
    return there
  })
  expect((await single).outcome.status).toBe('backed-up')
  expect(await group).toMatchObject([backedUp({}), backedUp({}), backedUp({})])
  expect(await agent.leftovers()).toStrictEqual([])
})

test('a backup that came in between snapshot and transfer of a member makes it read more, not less', async () => {
  const { run, contents, snapshotted } = await open()
  const { fault, pool } = agent.client
  expect((await agent.run(agent.backupSpec('db'))).outcome.status).toBe('backed-up')
  fault({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 300, times: 3 })
  const app = run('app')
  await until('the group is at it', () => pool.state.faults.waiting().length === 0)
  const between = agent.run(agent.backupSpec('db'))
  await app
  await agent.client.guestWrite(pool.vms.db ?? '', 0, randomBytes(4096))
  await between
  expect(snapshotted()).toHaveLength(2)
  const late = (await run('db')) as Backed
  expect(late).toMatchObject({ status: 'backed-up', point: { group: { members: 3 } } })
  expect(await agent.content('db', late.point.pointId)).toStrictEqual([contents.db])
})

test('without: each point says who was left out and why, and the one left out why it was; also after a restart', async () => {
  const { run, life } = await open(
    'without',
    { db: { method: 'memory' } },
    { unlicensed: ['checkpoint'] },
  )
  const reason =
    'The VM "db" could not be backed up with its memory: the licence of the pool does not include it (LICENCE_RESTRICTION).'
  expect(await run('app')).toMatchObject({
    status: 'backed-up',
    point: { group: { members: 2 } },
    notes: expect.arrayContaining([`The group was taken without the VM "db": ${reason}`]),
  })
  const restarted = life()
  expect(await run('db', restarted)).toStrictEqual({ code: 'METHOD_UNAVAILABLE', message: reason })
  expect(await run('web', restarted)).toMatchObject({
    status: 'backed-up',
    notes: expect.arrayContaining([`The group was taken without the VM "db": ${reason}`]),
  })
  expect(await agent.leftovers()).toStrictEqual([])
})

test('group: what passes by itself is waited for, and all are snapshotted anew', async () => {
  const { all } = await open('group')
  agent.client.fault({
    kind: 'fail-call',
    method: 'VM.snapshot',
    error: ['VDI_IN_USE', 'OpaqueRef:disk', 'snapshot'],
    skip: 1,
  })
  for (const outcome of await all())
    expect(outcome).toMatchObject({
      status: 'backed-up',
      point: { group: { id: RUN, members: 3 } },
    })
  expect(await agent.leftovers()).toStrictEqual([])
})

test('group: a VM that was shut down for it is not shut down again because another one failed', async () => {
  const { all } = await open('group', { db: { method: 'offline' } })
  const { fault, pool } = agent.client
  fault({
    kind: 'fail-call',
    method: 'VM.snapshot',
    error: ['VDI_IN_USE', 'OpaqueRef:disk', 'snapshot'],
  })
  for (const outcome of await all()) expect(outcome).toMatchObject({ code: 'GROUP_FAILED' })
  const shutdowns = [...pool.state.database.all('message').values()].filter(
    ({ name }) => name === 'VM_SHUTDOWN',
  )
  expect(shutdowns).toHaveLength(1)
})

test('group: every VM that failed by itself is named, with its reason', async () => {
  const { all } = await open('group', { app: { method: 'quiesced' }, db: { method: 'quiesced' } })
  for (const outcome of await all()) {
    expect(outcome).toMatchObject({ code: 'GROUP_FAILED' })
    expect('message' in outcome && outcome.message).toMatch(
      /^The group was not backed up, because the VM "app" could not be snapshotted: .+\. Nor could the VM "db": .+\.$/,
    )
  }
  expect(await agent.leftovers()).toStrictEqual([])
})

test('a member that was deleted: the group fails and names it, or goes on without and it is skipped', async () => {
  const first = await open('group')
  await first.destroy('db')
  for (const outcome of await first.all())
    expect(outcome).toMatchObject({
      code: 'GROUP_FAILED',
      message: expect.stringContaining('the VM "db" could not be snapshotted'),
    })
  expect(await agent.leftovers()).toStrictEqual([])
  await agent[Symbol.asyncDispose]()

  const second = await open('without')
  await agent.run(agent.backupSpec('db'))
  await second.destroy('db')
  const [app, db, web] = await second.all()
  expect([app, web]).toMatchObject([backedUp({}), backedUp({})])
  expect(db).toMatchObject({
    status: 'skipped',
    reason: expect.stringContaining('The VM "db" is no longer in the pool.'),
  })
})

test('a member that cannot be snapshotted at all is told, and left out where that was allowed', async () => {
  const { all, database, ref } = await open('without')
  const vbd = database
    .get('VM', ref('db'))
    .VBDs.find(one => database.get('VBD', one).type === 'Disk')
  database.update('VDI', database.get('VBD', vbd ?? '').VDI, { on_boot: 'reset' })
  const [app, db, web] = await all()
  expect(db).toMatchObject({
    code: 'VM_CONTENT_DISCARDED',
    message: expect.stringContaining('resets its disks at each boot'),
  })
  for (const other of [app, web])
    expect(other).toMatchObject({
      point: { group: { members: 2 } },
      notes: expect.arrayContaining([expect.stringContaining('taken without the VM "db": The VM')]),
    })
  expect(await agent.leftovers()).toStrictEqual([])
})

test('whoever waits for a group and is cancelled leaves at once', async () => {
  const { run, group, snapshotted } = await open()
  agent.client.fault({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 1_000 })
  const app = run('app')
  await until('it has begun', () => agent.client.pool.state.faults.waiting().length === 0)
  const cancel = new AbortController()
  const waiting = run('db', agent, cancel.signal)
  cancel.abort(new Error('cancelled'))
  expect(await waiting).toMatchObject({ message: expect.stringContaining('cancelled') })
  expect(snapshotted().length).toBeLessThan(3)
  expect(await app).toMatchObject({ status: 'backed-up', point: { group: { id: group.id } } })
})

test('a VM that is left out for what passes by itself is not waited for: its group is over', async () => {
  const { run } = await open('without')
  const { fault } = agent.client
  fault({ kind: 'fail-call', method: 'VM.snapshot', error: ['HOST_OFFLINE', 'h'], skip: 1 })
  const [app, db, web] = await Promise.all([run('app'), run('db'), run('web')])
  const failed = [app, db, web].filter(outcome => 'code' in outcome)
  expect(failed).toMatchObject([{ code: 'XAPI_HOST_TROUBLE' }])
  expect(agent.log.lines.filter(line => line.includes('goes on in'))).toStrictEqual([])
})
