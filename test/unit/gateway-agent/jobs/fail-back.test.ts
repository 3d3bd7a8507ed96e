import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownerOf } from '#core/points/marks.ts'
import { AgentStoppingError, JobCancelledError } from '#gateway-agent/control/errors.ts'
import { findVm } from '#gateway-agent/xapi/vms.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { testContext } from '#test/support/job-context.ts'
import { replicationSite } from '#test/support/replication-site.ts'

const MiB = 1024 * 1024

let site: Awaited<ReturnType<typeof replicationSite>>
beforeEach(async () => {
  site = await replicationSite()
})
afterEach(() => site[Symbol.asyncDispose]())

const originRef = async () => (await findVm(site.origin.client.xapi, site.origin.uuidOf('db'))).ref
const power = async (method: string, ...more: boolean[]) =>
  site.origin.client.xapi.run(method, [await originRef(), ...more], VoidAnswer)
const originNow = async () => {
  const { database } = site.origin.client.pool.state
  const vm = database.get('VM', await originRef())
  const disks = vm.VBDs.map(ref => database.get('VBD', ref)).filter(({ type }) => type === 'Disk')
  return {
    vm,
    vdis: disks.map(({ VDI }) => database.get('VDI', VDI).uuid),
    contents: await site.origin.readVm(vm.uuid),
    snapshots: vm.snapshots.map(ref => database.get('VM', ref)),
  }
}
const ours = () => site.origin.pool.listOurs(ownerOf(site.made.repository.id))
/** Of the job: bases of changed-block tracking belong to points. */
const leftovers = async () => (await ours()).filter(({ baseOf }) => !baseOf)

/** A standby that took over and wrote, then was switched off. `halted`: the VM was off when the point was taken. */
const takenOver = async ({ writes = 8192, halted = false } = {}) => {
  if (halted) await power('VM.hard_shutdown')
  const held = await site.backUp()
  const { standbyUuid } = await site.round()
  await site.failOver()
  const bytes = Buffer.from(site.made.random.bytes(writes))
  await site.target.client.guestWrite(standbyUuid, 6 * MiB, bytes)
  await site.target.client.guestWrite(standbyUuid, MiB, Buffer.alloc(MiB)) // becomes zero
  const { database } = site.target.client.pool.state
  const ref = database.byUuid('VM', standbyUuid)
  await site.target.client.xapi.run('VM.hard_shutdown', [ref], VoidAnswer)
  if (!halted) await power('VM.hard_shutdown')
  return { held, standbyUuid, standbyHolds: await site.target.readVm(standbyUuid) }
}
const equal = (a: Buffer[], b: Buffer[]) => a.map((disk, i) => disk.equals(b[i] ?? Buffer.alloc(0)))

describe('a failback', { timeout: 60_000 }, () => {
  it('writes only blocks that differ into the VM at its origin, and keeps what that was as a snapshot', async () => {
    const { held, standbyUuid, standbyHolds } = await takenOver()
    const before = await originNow()
    const report = await site.failBack(standbyUuid, held)
    expect(report).toMatchObject({
      identity: 'disks-only',
      newVmUuid: before.vm.uuid,
      newName: 'db',
      started: false,
      bytesWritten: 4 * MiB, // two blocks of 2 MiB
    })
    expect(report.notes[0]).toBe('Only blocks that differ were written into "db", 4 MiB.')
    const [proof] = await Array.fromAsync(site.made.repository.points(standbyUuid))
    const point = await site.made.repository.readPoint(proof as { key: string })
    expect(report.disks.map(({ rootHash }) => rootHash)).toEqual(
      point.disks.map(({ rootHash }) => rootHash),
    )
    const after = await originNow()
    expect(equal(after.contents, standbyHolds)).toEqual([true])
    expect(after.vdis).toEqual(before.vdis)
    expect(after.vm).toMatchObject({ power_state: 'Halted', blocked_operations: {} })
    const [kept] = after.snapshots
    expect(after.snapshots).toHaveLength(1)
    expect(report.notes.join(' ')).toContain(`kept as the snapshot "${kept?.name_label}"`)
    expect(equal(await site.origin.readVm(kept?.uuid ?? ''), before.contents)).toEqual([true])
    expect(await leftovers()).toEqual([])
  })

  it('keeps no snapshot of a VM that was off when its last point was taken, and since', async () => {
    const { held, standbyUuid, standbyHolds } = await takenOver({ halted: true })
    const report = await site.failBack(standbyUuid, held)
    expect(report.bytesWritten).toBe(4 * MiB)
    expect(report.notes.join(' ')).not.toContain('snapshot')
    const after = await originNow()
    expect(equal(after.contents, standbyHolds)).toEqual([true])
    expect(after.snapshots).toEqual([])
  })

  it('refuses a VM that runs, and one that was started since; with consent it keeps what that wrote', async () => {
    const { held, standbyUuid, standbyHolds } = await takenOver()
    await power('VM.start', false, false)
    const refused = (message: RegExp, advice: RegExp, pointId = held) =>
      expect(site.failBack(standbyUuid, pointId)).rejects.toMatchObject({
        code: 'FAILBACK_REFUSED',
        message: expect.stringMatching(message),
        advice: expect.stringMatching(advice),
      })
    await refused(/"db" at the origin was not written to: it is running\.$/, /Shut it down/)
    await site.origin.client.guestWrite(site.origin.uuidOf('db'), 9 * MiB, Buffer.alloc(512, 5))
    await power('VM.hard_shutdown')
    const before = await originNow()
    await refused(/it was started again after .* UTC, the state from which/, /--overwrite/)
    await refused(/it cannot be told whether somebody has started it/, /--full/, site.made.jobId())
    expect(equal((await originNow()).contents, before.contents)).toEqual([true])
    expect((await originNow()).snapshots).toEqual([])
    const report = await site.failBack(standbyUuid, held, { overwrite: true })
    expect(report.bytesWritten).toBe(6 * MiB)
    const after = await originNow()
    expect(equal(after.contents, standbyHolds)).toEqual([true])
    const kept = await site.origin.readVm(after.snapshots[0]?.uuid ?? '')
    expect(equal(kept, before.contents)).toEqual([true])
  })

  it('makes a new VM in full and says why: where the old one is gone, has another disk size, or was to be left alone', async () => {
    const { held, standbyUuid, standbyHolds } = await takenOver()
    const full = async (why: RegExp, more = {}) => {
      const report = await site.failBack(standbyUuid, held, more)
      expect(report).toMatchObject({ newName: 'db (failed back)', started: false })
      expect(report.notes[0]).toMatch(why)
      expect(equal(await site.origin.readVm(report.newVmUuid), standbyHolds)).toEqual([true])
      return report
    }
    const before = await originNow()
    await full(/^In full as a new VM, because that was asked for\.$/, { full: true })
    expect(equal((await originNow()).contents, before.contents)).toEqual([true])
    const { xapi, pool } = site.origin.client
    const [vdi = ''] = before.vdis
    const ref = pool.state.database.byUuid('VDI', vdi)
    await xapi.call('VDI.resize', [ref, String(16 * MiB)], VoidAnswer)
    await full(/because the old one was left alone: Disk 0 .* and that of the VM has 16777216\.$/)
    await xapi.call('VM.destroy', [await originRef()], VoidAnswer)
    await full(/because the VM is no longer in its pool\.$/)
  })

  it('when the storage is full in the middle, the VM at the origin is as it was', async () => {
    const { held, standbyUuid } = await takenOver()
    const before = await originNow()
    const error = ['SR_BACKEND_FAILURE_44', '', 'no space', '']
    const { client } = site.origin
    client.fault({ kind: 'fail-write', handler: 'import_raw_vdi', error, bytes: MiB, times: 5 })
    await expect(site.failBack(standbyUuid, held)).rejects.toMatchObject({ code: 'SR_FULL' })
    const after = await originNow()
    expect(equal(after.contents, before.contents)).toEqual([true])
    expect(after.vm).toMatchObject({ power_state: 'Halted', blocked_operations: {} })
    expect(await leftovers()).toEqual([])
    client.pool.state.faults.clear()
    expect((await site.failBack(standbyUuid, held)).bytesWritten).toBe(4 * MiB)
  })

  it('refuses what the standby held while it ran', async () => {
    const held = await site.backUp()
    const { standbyUuid } = await site.round()
    await site.failOver()
    await power('VM.hard_shutdown')
    const before = await originNow()
    await expect(site.failBack(standbyUuid, held)).rejects.toMatchObject({
      code: 'STANDBY_RUNS',
      message: expect.stringContaining('"db (failed over)" is still running'),
    })
    expect(equal((await originNow()).contents, before.contents)).toEqual([true])
  })

  it('keeps the former state also where it was cut off before the snapshot had become an ordinary one', async () => {
    const { held, standbyUuid, standbyHolds } = await takenOver()
    const before = await originNow()
    const error = ['INTERNAL_ERROR', 'busy']
    const { client } = site.origin
    client.fault({ kind: 'fail-call', method: 'VDI.remove_from_other_config', error })
    const { notes } = await site.failBack(standbyUuid, held)
    expect(notes.join(' ')).toContain('is kept, and becomes an ordinary one of the VM later')
    client.pool.state.faults.clear()
    const left = await leftovers()
    expect(left.map(({ kind }) => kind)).toContain('snapshot')
    await site.origin.pool.removeOurs(left)
    const { snapshots, contents } = await originNow()
    expect(equal(await site.origin.readVm(snapshots[0]?.uuid ?? ''), before.contents)).toEqual([
      true,
    ])
    expect(equal(contents, standbyHolds)).toEqual([true])
    expect(await leftovers()).toEqual([])
  })

  it('cancelled or killed in the middle, it puts the VM back; begun again, it comes to its end', async () => {
    const { held, standbyUuid, standbyHolds } = await takenOver()
    const before = await originNow()
    const jobId = site.made.jobId()
    for (const reason of [new JobCancelledError(), new AgentStoppingError()]) {
      const test = testContext()
      const { report } = test.context
      test.context.report = more => {
        report(more)
        if (more.phase === 'comparing and writing disks') test.abort(reason)
      }
      await expect(site.failBack(standbyUuid, held, {}, { test, jobId })).rejects.toThrow()
      expect(equal((await originNow()).contents, before.contents)).toEqual([true])
      expect(await leftovers()).toEqual([])
    }
    await site.failBack(standbyUuid, held, {}, { jobId })
    expect(equal((await originNow()).contents, standbyHolds)).toEqual([true])
    // Told to do it again (its answer was lost): nothing is to be written, and the snapshot of before is still there.
    expect(await site.failBack(standbyUuid, held, {}, { jobId })).toMatchObject({ bytesWritten: 0 })
    const kept = (await originNow()).snapshots.map(({ uuid }) => site.origin.readVm(uuid))
    const states = (await Promise.all(kept)).map(disks => equal(disks, before.contents)[0])
    expect(states).toContain(true)
  })
})
