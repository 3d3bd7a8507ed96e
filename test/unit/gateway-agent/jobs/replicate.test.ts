import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JobOutcome } from '#core/contracts/jobs.ts'
import { ownerOf } from '#core/points/marks.ts'
import { JobCancelledError } from '#gateway-agent/control/errors.ts'
import { rejoin } from '#gateway-agent/jobs/replication/failover.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { testContext } from '#test/support/job-context.ts'
import { replicationSite } from '#test/support/replication-site.ts'

const MiB = 1024 * 1024

type Site = Awaited<ReturnType<typeof replicationSite>>
let site: Site
let { origin, target, made, replicaId, ids, backUp, round, failOver }: Site = {} as Site
let { vmOf, sweep, expectHolds, disksOfPool }: Site = {} as Site
beforeEach(async () => {
  site = await replicationSite()
  ;({ origin, target, made, replicaId, ids, backUp, round, failOver } = site)
  ;({ vmOf, sweep, expectHolds, disksOfPool } = site)
})
afterEach(() => site[Symbol.asyncDispose]())

describe('a round of replication', { timeout: 60_000 }, () => {
  it('makes a blocked standby in full, then writes only blocks that differ, and keeps the states before', async () => {
    await backUp()
    const first = await round()
    expect(first).toMatchObject({ written: 'all', started: false, standbyName: 'db (standby)' })
    await expectHolds(first.standbyUuid)
    const vm = vmOf(first.standbyUuid)
    expect(vm).toMatchObject({ power_state: 'Halted', ha_restart_priority: '' })
    expect(vm.uuid).not.toBe(origin.uuidOf('db'))
    const reason = expect.stringContaining('standby of "db"')
    expect(vm.blocked_operations).toMatchObject({ start: reason, start_on: reason })
    for (const operation of ['VM.start', 'VM.start_on'])
      expect(operation.slice(3) in vm.blocked_operations).toBe(true)

    const images = [origin.imagesOf('db')]
    for (const at of [0, 9 * MiB, 11 * MiB + 512]) {
      await origin.guestWrite('db', 0, at, Buffer.from(made.random.bytes(8192)))
      if (at === 9 * MiB) await origin.guestWrite('db', 0, MiB, Buffer.alloc(2 * MiB)) // becomes zero
      await backUp()
      const next = await round()
      images.push(origin.imagesOf('db'))
      expect(next).toMatchObject({ written: 'changes', standbyUuid: first.standbyUuid })
      expect(next.bytesWritten).toBeLessThanOrEqual(6 * MiB)
      await expectHolds(next.standbyUuid)
      expect(next.states.length).toBeLessThanOrEqual(3)
    }
    expect((await round()).written).toBe('same')
    await sweep()
    const { states } = await round({ prove: true })
    expect(states).toHaveLength(3)
    const states0 = [...target.client.pool.state.database.all('VM').values()].filter(
      found => found.is_a_snapshot,
    )
    expect(states0).toHaveLength(3)
    for (const [i, { uuid }] of states.entries())
      await expectHolds(uuid, images.at(i - states.length))
  })

  it('proves by reading back, and notices what somebody has written behind its back', async () => {
    await backUp()
    expect(await round({ prove: true })).toMatchObject({ readBack: true })
    await origin.guestWrite('db', 0, 0, Buffer.alloc(4096, 9))
    await backUp()
    const { standbyUuid } = await round()
    const standby = await target.pool.standbys.find(replicaId, ownerOf(made.repository.id))
    const { disks } = target.client.pool.state
    await disks.write(standby?.disks[0]?.vdi.uuid ?? '', 8 * MiB, Buffer.alloc(512, 3))
    await origin.guestWrite('db', 0, 0, Buffer.alloc(4096, 10))
    await backUp()
    await expect(round({ prove: true })).rejects.toMatchObject({ code: 'STANDBY_UNPROVEN' })
    // It went back to its last complete state, which was taken before anybody wrote: the next round is right again.
    expect(await round({ prove: true })).toMatchObject({ readBack: true, standbyUuid })
    await expectHolds(standbyUuid)
  })

  it('refuses a standby that somebody has started, and one that was changed', async () => {
    await backUp()
    const { standbyUuid } = await round()
    const { database } = target.client.pool.state
    const ref = database.byUuid('VM', standbyUuid)
    const call = (method: string, ...given: (string | boolean)[]) =>
      target.client.xapi.run(method, [ref, ...given], VoidAnswer)
    await expect(call('VM.start', false, false)).rejects.toMatchObject({
      xapiCode: 'OPERATION_BLOCKED',
    })
    database.update('VM', ref, { blocked_operations: {} })
    await call('VM.start', false, false)
    await origin.guestWrite('db', 0, 0, Buffer.alloc(4096, 9))
    await backUp()
    const refused = (message: RegExp) =>
      expect(round()).rejects.toMatchObject({
        code: 'STANDBY_CHANGED',
        message: expect.stringMatching(message),
      })
    await refused(/was not written to: it is Running/)
    await call('VM.hard_shutdown')
    await refused(/somebody has started it since/)
  })

  it('goes back to its last state when a round fails or is cancelled in the middle', async () => {
    await backUp()
    const before = origin.imagesOf('db')
    const { standbyUuid } = await round()
    await origin.guestWrite('db', 0, 4 * MiB, Buffer.from(made.random.bytes(4 * MiB)))
    const pointId = await backUp()
    const error = ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', '']
    target.client.fault({ kind: 'fail-call', method: 'VDI.snapshot', error })
    await expect(round()).rejects.toMatchObject({ xapiCode: 'SR_BACKEND_FAILURE_44' })
    await expectHolds(standbyUuid, before)
    await sweep()
    const test = testContext()
    const { report } = test.context
    test.context.report = more => {
      report(more)
      if (more.phase === 'keeping the new state') test.abort(new JobCancelledError())
    }
    await round({}, { test }).catch(() => undefined)
    await sweep()
    expect(await round()).toMatchObject({ pointId, standbyUuid })
    await expectHolds(standbyUuid)
  })

  it('begins again where an agent was killed while it wrote', async () => {
    await backUp()
    const { standbyUuid } = await round()
    const standbys = target.pool.standbys
    const owner = ownerOf(made.repository.id)
    const standby = await standbys.find(replicaId, owner)
    if (!standby) throw new Error('no standby')
    // As a process leaves it that is gone in the middle: marked, and half written.
    await standbys.mark(standby.ref, { ...standby.mark, writing: made.jobId() })
    const { disks } = target.client.pool.state
    await disks.write(standby.disks[0]?.vdi.uuid ?? '', 2 * MiB, Buffer.alloc(MiB, 5))
    await sweep()
    await origin.guestWrite('db', 0, 7 * MiB, Buffer.alloc(4096, 1))
    await backUp()
    expect(await round({ prove: true })).toMatchObject({ readBack: true, written: 'changes' })
    await expectHolds(standbyUuid)
  })

  it('makes a new standby where the disks of the VM have become others', async () => {
    await backUp()
    const first = await round()
    const before = disksOfPool()
    const { database, disks, newUuid } = origin.client.pool.state
    const vm = database.byUuid('VM', origin.uuidOf('db'))
    const [vbd] = database.get('VM', vm).VBDs.map(ref => database.get('VBD', ref))
    const { SR } = database.get('VDI', vbd?.VDI ?? '')
    const uuid = newUuid()
    disks.createEmpty(uuid, 2 * MiB)
    const vdi = { uuid, SR, virtual_size: 2 * MiB, type: 'user', managed: true, location: uuid }
    const ref = database.create('VDI', { ...vdi, name_label: 'more' } as never)
    database.create('VBD', { VM: vm, VDI: ref, userdevice: '1', mode: 'RW', type: 'Disk' } as never)
    await disks.write(uuid, 0, Buffer.alloc(512, 8))
    await backUp()
    const second = await round()
    expect(second).toMatchObject({ written: 'all' })
    expect(second.notes.join()).toContain('a new standby was made in full')
    expect(second.standbyUuid).not.toBe(first.standbyUuid)
    const more = Buffer.alloc(2 * MiB)
    more.fill(8, 0, 512)
    await expectHolds(second.standbyUuid, [...origin.imagesOf('db'), more])
    expect(disksOfPool()).toBe(before + 2)
  })
})

describe('failover', { timeout: 60_000 }, () => {
  it('unblocks and starts the standby, and no round writes to it any more', async () => {
    await backUp()
    const { standbyUuid } = await round()
    const report = await failOver()
    expect(report).toMatchObject({ standbyUuid, started: true, standbyName: 'db (failed over)' })
    expect(vmOf(standbyUuid)).toMatchObject({ power_state: 'Running', blocked_operations: {} })
    expect(await failOver()).toMatchObject({ standbyUuid, started: true })
    await origin.guestWrite('db', 0, 0, Buffer.alloc(4096, 9))
    await backUp()
    await expect(round()).rejects.toMatchObject({
      code: 'STANDBY_CHANGED',
      message: expect.stringContaining('it is the machine now'),
    })
  })

  it('says what it did where the VM does not start, and goes on when it is repeated', async () => {
    await backUp()
    const { standbyUuid } = await round()
    const error = ['HOST_NOT_ENOUGH_FREE_MEMORY', '2147483648', '1024']
    for (const method of ['VM.start', 'Async.VM.start'])
      target.client.fault({ kind: 'fail-call', method, error })
    await expect(failOver()).rejects.toMatchObject({
      code: 'FAILOVER_NOT_STARTED',
      message: expect.stringContaining('"db (failed over)" is the machine now'),
    })
    expect(vmOf(standbyUuid)).toMatchObject({ power_state: 'Halted', blocked_operations: {} })
    target.client.pool.state.faults.clear()
    expect(await failOver()).toMatchObject({ standbyUuid, started: true })
  })

  it('goes back to a previous state on wish, and names those that there are', async () => {
    const old = await backUp()
    const before = origin.imagesOf('db')
    const { standbyUuid } = await round()
    await origin.guestWrite('db', 0, 0, Buffer.alloc(MiB, 9))
    await backUp()
    await round()
    await expect(failOver({ pointId: made.jobId() })).rejects.toMatchObject({
      code: 'STATE_MISSING',
      message: expect.stringContaining(old),
    })
    expect(await failOver({ pointId: old, start: false })).toMatchObject({ pointId: old })
    await expectHolds(standbyUuid, before)
  })

  it('comes back as a standby that holds its own backup; the next round writes only what differs', async () => {
    await backUp()
    const { standbyUuid } = await round()
    await failOver()
    const rejoined = async (point: { pointId: string; vmUuid: string }) => {
      const { outcome } = await rejoin({
        ...target.jobOf(made.jobId(), made.repository),
        spec: { kind: 'rejoin', ...ids(), point },
      })
      JobOutcome.parse(outcome)
      return outcome
    }
    await target.client.guestWrite(standbyUuid, 6 * MiB, Buffer.alloc(4096, 4))
    const backUpStandby = async () =>
      (
        await target.backUp(standbyUuid as 'other', {
          jobId: made.jobId(),
          repository: made.repository,
        })
      ).pointId
    const running = { pointId: await backUpStandby(), vmUuid: standbyUuid }
    await expect(rejoined(running)).rejects.toMatchObject({ code: 'STANDBY_CHANGED' })
    const ref = target.client.pool.state.database.byUuid('VM', standbyUuid)
    await target.client.xapi.run('VM.hard_shutdown', [ref], VoidAnswer)
    await expect(rejoined(running)).rejects.toMatchObject({
      code: 'STANDBY_CHANGED',
      message: expect.stringContaining('it ran while or after it was backed up'),
    })
    const point = { pointId: await backUpStandby(), vmUuid: standbyUuid }
    expect(await rejoined(point)).toMatchObject({ status: 'rejoined' })
    expect(vmOf(standbyUuid).blocked_operations).toHaveProperty('start_on')
    await backUp()
    expect(await round({ prove: true })).toMatchObject({ written: 'changes', readBack: true })
    await expectHolds(standbyUuid)
  })
})
