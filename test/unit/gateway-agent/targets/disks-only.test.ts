import { expect, test } from 'vitest'
import { RestoreReport } from '#core/contracts/restore.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { testContext } from '#test/support/job-context.ts'
import { mortalXapi } from '#test/support/mortal-xapi.ts'
import { MIB, nextJob, type PointOnPool, pointOnPool } from '#test/support/point-on-pool.ts'

const DISKS = [Buffer.alloc(16 * MIB), Buffer.alloc(4 * MIB, 0x33)]
DISKS[0]?.fill(0x5a, 0, 3 * MIB)

const stateOf = async ({ client: { xapi, pool }, vmUuid }: PointOnPool) => {
  const { ref, record } = await findVm(xapi, vmUuid)
  const disks = await disksOf(xapi, record)
  const contents = await Promise.all(
    disks.map(({ vdi }) => pool.state.disks.read(vdi.uuid, 0, vdi.virtual_size)),
  )
  return { ref, record, uuids: disks.map(({ vdi }) => vdi.uuid), contents }
}

/** Content goes bad in one block that held something and in one that was empty. */
const spoil = async ({ client, vmUuid }: PointOnPool) => {
  await client.guestWrite(vmUuid, 1 * MIB + 4096, Buffer.alloc(8192, 0xee))
  await client.guestWrite(vmUuid, 9 * MIB, Buffer.alloc(4096, 0xdd))
}

const reportOf = async (outcome: Awaited<ReturnType<PointOnPool['restore']>>['outcome']) => {
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  return RestoreReport.parse(outcome.report)
}

const WISHES = { identity: 'disks-only' as const, shutDown: true }

test('only blocks that differ are written, zeros among them; UUIDs stay, and the root hash is the point’s', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const before = await stateOf(point)
  await spoil(point)
  const run = testContext()
  const report = await reportOf((await point.restore(WISHES, { test: run })).outcome)
  expect(run.progress).toMatchObject({ bytesDone: 20 * MIB, disks: { total: 2, done: 2 } })
  expect(run.progress.bytesRead).toBeGreaterThan(4 * MIB) // more than the last disk alone
  expect(report).toMatchObject({ identity: 'disks-only', newVmUuid: point.vmUuid, started: true })
  expect(report.bytesWritten).toBe(4 * MIB) // two blocks of 2 MiB
  expect(report.notes).toContain('"web" was shut down for this.')
  const [known] = await Array.fromAsync(point.repository.points(point.vmUuid))
  const { disks } = await point.repository.readPoint(known as { key: string })
  expect(report.disks.map(({ rootHash }) => rootHash)).toEqual(
    disks.map(({ rootHash }) => rootHash),
  )
  const after = await stateOf(point)
  expect(after.uuids).toEqual(before.uuids)
  for (const [index, bytes] of DISKS.entries())
    expect(after.contents[index]?.equals(bytes), `disk ${index}`).toBe(true)
  expect(after.record).toMatchObject({ power_state: 'Running', blocked_operations: {} })
  expect((await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)).toEqual([])
})

test('a disk that is as in the point is not written at all', async () => {
  await using point = await pointOnPool(DISKS)
  const report = await reportOf((await point.restore(WISHES)).outcome)
  expect(report).toMatchObject({ bytesWritten: 0, started: false })
})

test('a running VM needs consent, and a plan changes nothing', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  await expect(point.restore({ identity: 'disks-only' })).rejects.toMatchObject({ code: 'VM_RUNS' })
  const { outcome } = await point.restore({ ...WISHES, planOnly: true })
  if (outcome.status !== 'planned') throw new Error(outcome.status)
  expect(outcome.steps[0]).toBe('Shuts down the VM "web", which is running.')
  expect((await stateOf(point)).record.power_state).toBe('Running')
})

test('a disk that was taken away or has grown is refused', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi } = point.client
  const { record } = await findVm(xapi, point.vmUuid)
  const second = (await disksOf(xapi, record))[1]
  await xapi.call('VDI.resize', [second?.vdiRef ?? '', String(8 * MIB)], VoidAnswer)
  await expect(point.restore(WISHES)).rejects.toMatchObject({
    code: 'DISK_MISMATCH',
    message: `Disk 1 of the recovery point cannot be written into the VM: it has ${4 * MIB} bytes, and that of the VM has ${8 * MIB}.`,
  })
})

test.each([
  [
    'the storage is full',
    'import_raw_vdi',
    ['SR_BACKEND_FAILURE_44', '', 'no space', ''],
    'SR_FULL',
  ],
  ['the storage fails', 'import_raw_vdi', ['VDI_IO_ERROR', 'Device I/O errors'], 'VDI_IO_ERROR'],
] as const)(
  'when %s in mid-write, the former state comes back and runs',
  async (_, handler, error, code) => {
    await using point = await pointOnPool(DISKS, { running: true })
    await spoil(point)
    const spoilt = await stateOf(point)
    point.client.fault({ kind: 'fail-write', handler, error: [...error], bytes: MIB, times: 5 })
    await expect(point.restore(WISHES)).rejects.toMatchObject({ code })
    const after = await stateOf(point)
    for (const [index, bytes] of spoilt.contents.entries())
      expect(after.contents[index]?.equals(bytes), `disk ${index}`).toBe(true)
    expect(after.record).toMatchObject({ power_state: 'Running', blocked_operations: {} })
    expect((await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)).toEqual([])
  },
)

test('an agent that was killed in mid-write: the next one puts the former state back, or begins anew', async () => {
  await using point = await pointOnPool(DISKS)
  const { client, pool } = point
  await client.xapi.run('VM.start', [(await stateOf(point)).ref, false, false], VoidAnswer)
  await spoil(point)
  const spoilt = await stateOf(point)
  const jobId = nextJob()
  await expect(point.restore(WISHES, { jobId, killed: true })).rejects.toThrow('killed')
  const ours = (await pool.listOurs(point.owner)).filter(object => object.jobId === jobId)
  expect(ours.map(({ kind }) => kind)).toContain('snapshot')
  const again = await reportOf((await point.restore(WISHES, { jobId })).outcome)
  expect(again.bytesWritten).toBe(4 * MIB)
  expect((await stateOf(point)).contents[0]?.equals(DISKS[0] as Buffer)).toBe(true)
  expect(spoilt.contents[0]?.equals(DISKS[0] as Buffer)).toBe(false)
})

test('run again after it was finished, it leaves alone what the guest has written since', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  await spoil(point)
  const jobId = nextJob()
  const wishes = { ...WISHES, disks: ['0'] }
  const first = await reportOf((await point.restore(wishes, { jobId })).outcome)
  await point.client.guestWrite(point.vmUuid, 5 * MIB, Buffer.alloc(4096, 0xaa))
  const since = await stateOf(point)
  const again = await reportOf((await point.restore(wishes, { jobId })).outcome)
  const { notes: _, ...proven } = first
  expect(again).toMatchObject(proven)
  expect(again.notes[0]).toContain('this report was put together afterwards')
  const after = await stateOf(point)
  expect(after.record.power_state).toBe('Running')
  expect(after.contents[0]?.equals(since.contents[0] as Buffer)).toBe(true)
})

test('killed when all was proven, before the VM was started: run again, it starts, and nothing is left', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  await spoil(point)
  const jobId = nextJob()
  const mortal = mortalXapi(
    point.client.xapi,
    (_, last) => last === 'VM.remove_from_blocked_operations',
  )
  void point.restore(WISHES, { jobId, agent: poolOfXapi(mortal.xapi) })
  await mortal.died
  expect((await stateOf(point)).record.power_state).toBe('Halted')
  const report = await reportOf((await point.restore(WISHES, { jobId })).outcome)
  expect(report).toMatchObject({ started: true, bytesWritten: 4 * MIB })
  const { record, contents } = await stateOf(point)
  expect(record).toMatchObject({ power_state: 'Running', blocked_operations: {} })
  expect(contents[0]?.equals(DISKS[0] as Buffer)).toBe(true)
  expect((await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)).toEqual([])
})
