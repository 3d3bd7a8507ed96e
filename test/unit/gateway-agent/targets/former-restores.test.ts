import { expect, test } from 'vitest'
import { RESTORED_TAG } from '#core/points/marks.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { setMapKeys } from '#gateway-agent/xapi/other-config.ts'
import { RefText } from '#gateway-agent/xapi/records.ts'
import { SAFETY_TAG } from '#gateway-agent/xapi/safety/safety-label.ts'
import { safetySnapshotAt } from '#gateway-agent/xapi/safety/safety-snapshot.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { mortalXapi } from '#test/support/mortal-xapi.ts'
import { MIB, nextJob, type PointOnPool, pointOnPool } from '#test/support/point-on-pool.ts'

const DISKS = [Buffer.alloc(2 * MIB, 0x5a), Buffer.alloc(2 * MIB, 0x33)]
const SAME = { identity: 'same', replace: true, shutDown: true } as const
const MEMORY =
  'The memory image of the recovery point was not resumed; the machine starts as after a power cut.'

const vmOf = async ({ client: { xapi }, vmUuid }: PointOnPool) => findVm(xapi, vmUuid)

test('a VM that was put back once is nobody’s: a later snapshot of it is no safety snapshot, and no sweep reverts to it', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const { client, pool, owner } = point
  await client.guestWrite(point.vmUuid, 0, Buffer.alloc(MIB, 0xee))
  client.fault({
    ...{ kind: 'fail-write', handler: 'import_raw_vdi', bytes: MIB, times: 5 },
    error: ['VDI_IO_ERROR', 'Device I/O errors'],
  })
  const wishes = { identity: 'disks-only', shutDown: true } as const
  await expect(point.restore(wishes)).rejects.toMatchObject({ code: 'VDI_IO_ERROR' })
  const { record } = await vmOf(point)
  expect(record.other_config).not.toHaveProperty(SAFETY_TAG)
  // An agent that backs the VM up is killed after its snapshot; meanwhile the guest goes on.
  const { signal } = new AbortController()
  const taken = await pool.snapshotVm({ vmUuid: point.vmUuid, jobId: nextJob(), owner, signal })
  const inherited = JSON.stringify({
    ...{ snapshotUuid: 'of another', vmUuid: point.vmUuid, vmName: 'web', wasRunning: true },
    ...{ purpose: 'writing', replaced: [], others: [] },
  })
  await setMapKeys(client.xapi, 'VM.other_config', taken.ref, { [SAFETY_TAG]: inherited })
  expect(await safetySnapshotAt(client.xapi, taken.ref)).toBeUndefined()
  const later = Buffer.alloc(4096, 0x77)
  await client.guestWrite(point.vmUuid, 0, later)
  const ours = (await pool.listOurs(owner)).filter(({ baseOf }) => !baseOf)
  expect(await pool.removeOurs(ours)).toEqual([])
  const after = await vmOf(point)
  expect(after.record.power_state).toBe('Running')
  const [disk] = await disksOf(client.xapi, after.record)
  const content = await client.pool.state.disks.read(disk?.vdi.uuid ?? '', 0, 4096)
  expect(content.equals(later)).toBe(true)
})

test('the mark of a former restore does not pass for that of this one: the VM is put back and runs', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const { client } = point
  const mark = { vmUuid: point.vmUuid, jobId: nextJob(), pointId: point.pointId, bytesWritten: 0 }
  const { ref } = await vmOf(point)
  const marks = { [RESTORED_TAG]: JSON.stringify(mark) }
  await setMapKeys(client.xapi, 'VM.other_config', ref, marks)
  // Killed when the VM is down and its snapshot taken.
  const mortal = mortalXapi(client.xapi, (_, last) => last === 'VM.set_name_label')
  const running = point.restore(SAME, { agent: poolOfXapi(mortal.xapi) })
  await Promise.race([mortal.died, running])
  const { pool, owner } = point
  await pool.removeOurs((await pool.listOurs(owner)).filter(({ baseOf }) => !baseOf))
  expect((await vmOf(point)).record.power_state).toBe('Running')
})

test('a VM that could not be started when it was put back keeps its mark, and the next look starts it', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const { client, pool, owner } = point
  const fault = { kind: 'fail-call', times: 6 } as const
  client.fault({
    ...fault,
    method: 'VM.snapshot',
    error: ['SR_BACKEND_FAILURE_44', '', 'full', ''],
  })
  client.fault({ ...fault, method: 'VM.start', error: ['NO_HOSTS_AVAILABLE'] })
  client.fault({ ...fault, method: 'VM.start_on', error: ['NO_HOSTS_AVAILABLE'] })
  await expect(point.restore(SAME)).rejects.toMatchObject({ code: 'SR_FULL' })
  expect((await vmOf(point)).record.power_state).toBe('Halted')
  expect((await pool.startStopped(owner, () => false)).started).toHaveLength(1)
  expect((await vmOf(point)).record.power_state).toBe('Running')
})

test('an agent that was killed when the VM was complete: the sweep attaches what the point lacks', async () => {
  await using point = await pointOnPool(DISKS, {}, async ({ xapi }, uuid) => {
    const [, second] = await disksOf(xapi, (await findVm(xapi, uuid)).record)
    await xapi.call('VDI.set_name_label', [second?.vdiRef ?? '', 'scratch [NOBAK]'], VoidAnswer)
  })
  const { client, pool, owner } = point
  const [, scratch] = await disksOf(client.xapi, (await vmOf(point)).record)
  const mortal = mortalXapi(client.xapi, (_, last) => last === 'VDI.remove_from_other_config')
  const running = point.restore(SAME, { agent: poolOfXapi(mortal.xapi) })
  await Promise.race([mortal.died, running])
  await pool.removeOurs((await pool.listOurs(owner)).filter(({ baseOf }) => !baseOf))
  const after = await disksOf(client.xapi, (await vmOf(point)).record)
  expect(after.map(({ vdi }) => vdi.uuid)).toEqual([expect.any(String), scratch?.vdi.uuid])
})

test('a disk that moved is written once, and the place that it took is not another disk’s', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi } = point.client
  const { record } = await vmOf(point)
  const [first, second] = await disksOf(xapi, record)
  if (!first || !second) throw new Error('no disks')
  for (const vbd of record.VBDs) await xapi.call('VBD.destroy', [vbd], VoidAnswer)
  const { ref } = await vmOf(point)
  const vbd = {
    ...{ VM: ref, VDI: first.vdiRef, userdevice: '1', bootable: true, mode: 'RW', type: 'Disk' },
    ...{ unpluggable: true, empty: false, other_config: {} },
    ...{ qos_algorithm_type: '', qos_algorithm_params: {} },
  }
  await xapi.call('VBD.create', [vbd], RefText)
  await expect(point.restore({ identity: 'disks-only' })).rejects.toMatchObject({
    code: 'DISK_MISMATCH',
    message: expect.stringContaining('Disk 1 of the recovery point'),
  })
})

test.each([
  ['new', {}],
  ['same', { replace: true, shutDown: true }],
  ['disks-only', { shutDown: true }],
] as const)('that the memory was not resumed is told (%s)', async (identity, consent) => {
  await using point = await pointOnPool(
    DISKS.slice(0, 1),
    { running: true },
    async ({ pool: { state } }, uuid) => {
      const ref = state.database.byUuid('VM', uuid)
      const memory = 8 * MIB
      state.database.update('VM', ref, {
        ...{ memory_static_max: memory, memory_dynamic_max: memory },
        ...{ memory_dynamic_min: memory, memory_static_min: memory },
      })
    },
    'memory',
  )
  const { outcome } = await point.restore({ identity, ...consent })
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  expect(outcome.report.notes).toContain(MEMORY)
  expect(outcome.report.disks).toHaveLength(1)
  const plan = await point.restore({ identity, ...consent, planOnly: true })
  expect(plan.outcome).toMatchObject({ steps: expect.arrayContaining([MEMORY]) })
})
