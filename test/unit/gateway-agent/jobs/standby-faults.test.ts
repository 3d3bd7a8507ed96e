import { afterEach, beforeEach, expect, it } from 'vitest'
import { rejoin } from '#gateway-agent/jobs/replication/failover.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { testContext } from '#test/support/job-context.ts'
import { replicationSite } from '#test/support/replication-site.ts'

const MiB = 1024 * 1024
const TIMEOUT = 60_000

let site: Awaited<ReturnType<typeof replicationSite>>
beforeEach(async () => {
  site = await replicationSite()
})
afterEach(() => site[Symbol.asyncDispose]())

const standbyNow = async () => {
  const found = await site.standby()
  if (!found) throw new Error('no standby')
  return found
}
const spoil = async (at = 8 * MiB) => {
  const { disks } = await standbyNow()
  const uuid = disks[0]?.vdi.uuid ?? ''
  await site.target.client.pool.state.disks.write(uuid, at, Buffer.alloc(512, 3))
}
/** The only state of the standby is deleted by hand, its disks too. */
const deleteStates = async () => {
  const { client, pool } = site.target
  const { states, mark } = await standbyNow()
  for (const state of states)
    await pool.standbys.drop(state, { jobId: site.made.jobId(), owner: mark.owner })
  expect(client.pool.state.database.all('VM').size).toBeGreaterThan(0)
}

it('makes a new standby where a disk of the VM shrank', { timeout: TIMEOUT }, async () => {
  const { origin, backUp, round } = site
  await backUp()
  const first = await round()
  const { database, disks, newUuid } = origin.client.pool.state
  const vm = database.get('VM', database.byUuid('VM', origin.uuidOf('db')))
  const vbd = vm.VBDs[0] ?? ''
  const { SR } = database.get('VDI', database.get('VBD', vbd).VDI)
  const size = 6 * MiB
  const image = (origin.imagesOf('db')[0] ?? Buffer.alloc(0)).subarray(0, size)
  const uuid = newUuid()
  disks.createEmpty(uuid, size)
  await disks.write(uuid, 0, image)
  const vdi = { uuid, SR, virtual_size: size, type: 'user', managed: true, location: uuid }
  const ref = database.create('VDI', { ...vdi, name_label: 'less' } as never)
  database.update('VBD', vbd, { VDI: ref })
  await backUp()
  const second = await round()
  expect(second).toMatchObject({ written: 'all' })
  expect(second.standbyUuid).not.toBe(first.standbyUuid)
  expect((await standbyNow()).disks[0]?.vdi.virtual_size).toBe(size)
})

it('does not call what was half written a state, where the state before is gone', async () => {
  const { backUp, round, target, made } = site
  await backUp()
  const first = await round()
  await deleteStates()
  const { ref, mark } = await standbyNow()
  await target.pool.standbys.mark(ref, { ...mark, writing: made.jobId() })
  await spoil()
  await expect(site.failOver()).rejects.toMatchObject({ code: 'STATE_MISSING' })
  const second = await round()
  expect(second.notes.join()).toContain('the state to go back to is gone; a new standby was made')
  expect(second.standbyUuid).not.toBe(first.standbyUuid)
  await site.expectHolds(second.standbyUuid)
})

it('builds nothing on a standby that was found wrong', { timeout: TIMEOUT }, async () => {
  const { backUp, round } = site
  await backUp()
  const first = await round()
  await deleteStates()
  await spoil()
  await round() // keeps the spoilt content as a state
  await expect(round({ prove: true })).rejects.toMatchObject({ code: 'STANDBY_UNPROVEN' })
  const second = await round()
  expect(second).toMatchObject({ written: 'all' })
  expect(second.standbyUuid).not.toBe(first.standbyUuid)
  expect(second.notes.join()).toContain('does not hold what it should')
  await site.expectHolds(second.standbyUuid)
})

it('goes on where it was killed right after the revert', { timeout: TIMEOUT }, async () => {
  const { backUp, round, target, made } = site
  await backUp()
  const { standbyUuid } = await round()
  const { ref, mark, states } = await standbyNow()
  await target.pool.standbys.mark(ref, { ...mark, writing: made.jobId() })
  await spoil()
  await target.client.xapi.run('VM.revert', [states[0]?.ref ?? ''], VoidAnswer)
  expect(await round({ prove: true })).toMatchObject({ standbyUuid, readBack: true })
})

it('fails over to what it holds, also where that is not kept as a state yet', async () => {
  const { backUp, round, target, origin, made } = site
  await backUp()
  await round()
  await origin.guestWrite('db', 0, 0, Buffer.alloc(4096, 9))
  const pointId = await backUp()
  await round()
  const { states, mark } = await standbyNow()
  const last = states.at(-1)
  if (last) await target.pool.standbys.drop(last, { jobId: made.jobId(), owner: mark.owner })
  expect(await site.failOver({ start: false })).toMatchObject({ pointId })
  await site.expectHolds((await standbyNow()).record.uuid)
})

it('leaves a standby alone that somebody failed over to meanwhile', async () => {
  const { backUp, round, target, origin } = site
  await backUp()
  const { standbyUuid } = await round()
  await origin.guestWrite('db', 0, 0, Buffer.alloc(4096, 9))
  await backUp()
  const test = testContext()
  const { report } = test.context
  let taken: Promise<void> | undefined
  test.context.report = more => {
    report(more)
    if (more.phase === 'keeping the new state')
      taken = standbyNow().then(({ ref, mark: { writing: _, ...mark } }) =>
        target.pool.standbys.mark(ref, { ...mark, role: 'active' }),
      )
  }
  await expect(round({}, { test })).rejects.toMatchObject({
    code: 'STANDBY_CHANGED',
    message: expect.stringContaining('another job took it over meanwhile'),
  })
  await taken
  expect(await standbyNow()).toMatchObject({ mark: { role: 'active' } })
  expect((await standbyNow()).record.uuid).toBe(standbyUuid)
})

it('changes nothing of a machine that cannot be a standby again', async () => {
  const { backUp, round, target, made } = site
  await backUp()
  const { standbyUuid } = await round()
  await site.failOver({ start: false })
  const point = await target.backUp(standbyUuid as 'other', {
    jobId: made.jobId(),
    repository: made.repository,
  })
  const { database } = target.client.pool.state
  for (const vbd of database.get('VM', database.byUuid('VM', standbyUuid)).VBDs)
    database.update('VBD', vbd, { userdevice: `7${database.get('VBD', vbd).userdevice}` })
  const again = rejoin({
    ...target.jobOf(made.jobId(), made.repository),
    spec: {
      kind: 'rejoin',
      ...site.ids(),
      point: { pointId: point.pointId, vmUuid: standbyUuid },
    },
  })
  await expect(again).rejects.toMatchObject({ code: 'STANDBY_CHANGED' })
  const { name_label: name, blocked_operations: blocked } = site.vmOf(standbyUuid)
  expect({ name, blocked }).toEqual({ name: 'db (failed over)', blocked: {} })
})

it('removes all of a former standby, also where it is killed in between', async () => {
  const { backUp, round, target, sweep, disksOfPool } = site
  const before = disksOfPool()
  await backUp()
  await round()
  const standby = await standbyNow()
  const error = ['SR_BACKEND_FAILURE_46', '', 'The VDI is not available', '']
  for (const method of ['VDI.destroy', 'Async.VDI.destroy'])
    target.client.fault({ kind: 'fail-call', method, error })
  const maker = { jobId: site.made.jobId(), owner: standby.mark.owner }
  const notes = await target.pool.standbys.remove({ ...standby, states: [] }, maker)
  expect(notes.join()).toContain('A disk of the former standby is left')
  target.client.pool.state.faults.clear()
  await sweep()
  expect(disksOfPool()).toBe(before + 1) // of the snapshot, whose standby is gone
})

it('writes zeros where a disk has become empty', { timeout: TIMEOUT }, async () => {
  const { backUp, round, origin } = site
  await backUp()
  const { standbyUuid } = await round()
  await origin.guestWrite('db', 0, 0, Buffer.alloc(12 * MiB))
  await backUp()
  expect(await round({ prove: true })).toMatchObject({ standbyUuid, written: 'changes' })
  await site.expectHolds(standbyUuid)
})

/** Two blocks of the VM become others, and are backed up; what lay in the store before is spoilt then. */
const backUpAndSpoil = async (prefix: string) => {
  const { backUp, origin, made, store } = site
  const old = new Set(store.objects.keys())
  await origin.guestWrite('db', 0, 0, Buffer.from(made.random.bytes(2 * MiB)))
  const pointId = await backUp()
  for (const [key, object] of store.objects)
    if (old.has(key) && key.startsWith(prefix)) object.bytes = object.bytes.map(byte => byte ^ 0xff)
  made.repository = await made.reopen()
  return pointId
}

it.each([
  ['the point', 'points/', /that the standby held cannot be read any more: all of the standby/],
  ['the map', 'meta/', /maps of the recovery points could not be compared, so all of disk 0/],
])(
  'reads and compares all of the standby where %s that it holds cannot be read',
  async (_, prefix, note) => {
    const { backUp, round } = site
    await backUp()
    const first = await round()
    const pointId = await backUpAndSpoil(prefix)
    const second = await round()
    expect(second).toMatchObject({ pointId, written: 'changes', bytesWritten: 2 * MiB })
    expect(second.notes.join()).toMatch(note)
    expect(second.standbyUuid).toBe(first.standbyUuid)
    await site.expectHolds(second.standbyUuid)
    expect((await standbyNow()).mark).not.toHaveProperty('writing')
    expect((await round()).written).toBe('same')
  },
)

it('makes a new standby where it was found wrong and the point that it holds cannot be read', async () => {
  const { backUp, round, target } = site
  await backUp()
  const first = await round()
  const { ref, mark } = await standbyNow()
  await target.pool.standbys.mark(ref, { ...mark, doubted: true })
  await backUpAndSpoil('points/')
  const second = await round()
  expect(second.notes.join()).toContain('cannot be read any more; a new standby was made in full')
  expect(second.standbyUuid).not.toBe(first.standbyUuid)
  await site.expectHolds(second.standbyUuid)
})

it('takes of two standbys the one that holds the newer point, whatever the clocks of the gateways say', async () => {
  const { backUp, round, target } = site
  await backUp()
  const first = await round()
  const { ref, mark, states } = await standbyNow()
  await backUp()
  // As a round leaves it that was cut off between the new standby and the removal of the old one.
  await target.pool.standbys.mark(ref, { ...mark, replicaId: site.made.jobId() })
  const second = await round()
  await target.pool.standbys.mark(ref, { ...mark, made: Date.now() + 3_600_000 })
  const third = await round()
  expect(third).toMatchObject({ written: 'same', standbyUuid: second.standbyUuid })
  expect(second.standbyUuid).not.toBe(first.standbyUuid)
  expect(target.client.pool.state.database.find('VM', ref)).toBeUndefined()
  for (const state of states)
    expect(target.client.pool.state.database.find('VM', state.ref)).toBeUndefined()
})

it('removes no former standby that somebody has begun to use meanwhile', async () => {
  const { backUp, round, target } = site
  await backUp()
  const first = await round()
  const { ref, mark } = await standbyNow()
  await target.pool.standbys.mark(ref, { ...mark, doubted: true })
  await backUpAndSpoil('points/')
  const test = testContext()
  const { report } = test.context
  let taken: Promise<void> | undefined
  test.context.report = more => {
    report(more)
    if (more.phase === 'writing disks')
      taken = target.pool.standbys.mark(ref, { ...mark, role: 'active' })
  }
  const second = await round({}, { test })
  await taken
  expect(second.standbyUuid).not.toBe(first.standbyUuid)
  expect(second.notes.join()).toContain(
    '"db (standby)" was left alone: somebody has begun to use it',
  )
  expect(site.vmOf(first.standbyUuid).uuid).toBe(first.standbyUuid)
  expect(await standbyNow()).toMatchObject({ ref, mark: { role: 'active' } })
})

it('is never turned back to an older point', async () => {
  const { backUp, round, origin, made, store } = site
  await backUp()
  const { standbyUuid } = await round()
  const old = new Set(store.objects.keys())
  await origin.guestWrite('db', 0, 0, Buffer.alloc(MiB, 7))
  const pointId = await backUp()
  await round()
  for (const [key, object] of store.objects)
    if (!old.has(key) && key.startsWith('points/')) object.bytes = object.bytes.subarray(0, 40)
  made.repository = await made.reopen()
  const third = await round({ prove: true })
  expect(third).toMatchObject({ pointId, standbyUuid, written: 'same', readBack: false })
  expect(third.notes.join()).toContain(
    `left as it is: it holds the newer recovery point ${pointId}`,
  )
  await site.expectHolds(standbyUuid)
})

it('fails where somebody deletes the standby while it is written, and makes a new one that says so', async () => {
  const { backUp, round, origin, target } = site
  await backUp()
  const first = await round()
  await origin.guestWrite('db', 0, 0, Buffer.alloc(MiB, 7))
  await backUp()
  const { ref, disks } = await standbyNow()
  const test = testContext()
  const { report } = test.context
  let deleted: Promise<unknown> | undefined
  test.context.report = more => {
    report(more)
    if (more.phase === 'writing what differs')
      deleted = target.client.xapi.call('VM.destroy', [ref], VoidAnswer)
  }
  await expect(round({}, { test })).rejects.toMatchObject({ code: 'XAPI_OBJECT_GONE' })
  await deleted
  const second = await round({ standbyUuid: first.standbyUuid })
  expect(second).toMatchObject({ written: 'all' })
  expect(second.notes[0]).toContain('Somebody has deleted the standby that there was')
  // What was not deleted with it is told, so that somebody can; what belongs to the new one is not.
  expect(second.notes.join('\n')).toContain(
    `Of a standby that was deleted snapshots are still there; delete them if nobody needs them: "XenKeep state of`,
  )
  expect(second.notes.join()).toContain(first.states[0]?.uuid)
  expect(second.notes.join()).toMatch(RegExp(`disks are still there.*${disks[0]?.vdi.uuid}`))
  expect(second.standbyUuid).not.toBe(first.standbyUuid)
  await site.expectHolds(second.standbyUuid)
})
