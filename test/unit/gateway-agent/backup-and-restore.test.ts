import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { VHD_BLOCK } from '#disk-formats/vhd/format.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { createVm } from '#gateway-agent/targets/vm.ts'
import { listOurs, removeOurs } from '#gateway-agent/xapi/leftovers.ts'
import { readVmMetadata } from '#gateway-agent/xapi/metadata.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot, keepCbtBases } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOBS = [
  '01JDA0000000000000000000A1',
  '01JDA0000000000000000000A2',
  '01JDA0000000000000000000A3',
]
const signal = new AbortController().signal

const isZero = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length))

/** 12 MiB with holes: data at the start, in the middle and in the last sectors. */
const someDisk = (): Buffer => {
  const disk = Buffer.alloc(12 * MIB)
  randomBytes(3 * MIB).copy(disk, 0)
  randomBytes(70_000).copy(disk, 7 * MIB + 12_288)
  randomBytes(512).copy(disk, 12 * MIB - 512)
  return disk
}

test('full over NBD, then only what changed, then nothing; leftovers none', async () => {
  const content = someDisk()
  await using client = await clientOnPool({ web: [content] })
  const { xapi, pool } = client
  const vmUuid = pool.vms.web as string

  const first = await snapshotVm(xapi, { vmUuid, jobId: JOBS[0] as string, owner: OWNER, signal })
  expect(first.disks).toHaveLength(1)
  const disk = first.disks[0] as (typeof first.disks)[0]
  const full = await readDisk(xapi, { disk, signal })
  expect((await applyExtents(full.extents(), Buffer.alloc(disk.size))).equals(content)).toBe(true)
  expect(full).toMatchObject({ rung: 'map-nbd', incremental: false, bytesRead: 8 * MIB })
  expect(full.reasons).toEqual([
    'full, because no earlier recovery point of this disk can serve as base',
  ])
  expect(await keepCbtBases(xapi, first)).toEqual([])

  await client.guestWrite(vmUuid, 5 * MIB + 100 * 1024, randomBytes(4096))
  const second = await snapshotVm(xapi, { vmUuid, jobId: JOBS[1] as string, owner: OWNER, signal })
  const base = { vdiUuid: disk.uuid, size: disk.size }
  const disk2 = second.disks[0] as (typeof first.disks)[0]
  const changed = await readDisk(xapi, { disk: disk2, base, signal })
  expect(changed.reasons).toEqual([])
  const after = await applyExtents(changed.extents(), content)
  expect(changed).toMatchObject({ rung: 'cbt-nbd', incremental: true, bytesRead: MIB })
  expect(await keepCbtBases(xapi, second)).toEqual([])

  const third = await snapshotVm(xapi, { vmUuid, jobId: JOBS[2] as string, owner: OWNER, signal })
  const disk3 = third.disks[0] as (typeof first.disks)[0]
  const base2 = { vdiUuid: disk2.uuid, size: disk2.size }
  const nothing = await readDisk(xapi, { disk: disk3, base: base2, signal })
  expect((await applyExtents(nothing.extents(), after)).equals(after)).toBe(true)
  expect(nothing).toMatchObject({ rung: 'cbt-nbd', incremental: true, bytesRead: 0, bytesTotal: 0 })
  // What somebody wants again is read although nothing changed there.
  const also = [
    { offset: 0, length: MIB },
    { offset: 11 * MIB, length: MIB },
  ]
  const wanted = await readDisk(xapi, { disk: disk3, base: base2, also, signal })
  const parts = Buffer.from(after)
    .fill(1, 0, MIB)
    .fill(1, 11 * MIB)
  expect((await applyExtents(wanted.extents(), parts)).equals(after)).toBe(true)
  expect(wanted).toMatchObject({ rung: 'cbt-nbd', incremental: true, bytesRead: 2 * MIB })
  const again = await readDisk(xapi, { disk: disk3, signal })
  expect((await applyExtents(again.extents(), Buffer.alloc(disk.size))).equals(after)).toBe(true)

  expect(await destroySnapshot(xapi, third)).toEqual([])
  const ours = await listOurs(xapi, OWNER)
  expect(ours.map(({ kind, baseOf }) => [kind, baseOf])).toEqual([
    ['disk', vmUuid],
    ['disk', vmUuid],
  ])
  expect(await removeOurs(xapi, ours)).toEqual([])
  expect(await listOurs(xapi, OWNER)).toEqual([])
})

test('VHD stream where the pool has no NBD network', async () => {
  const content = someDisk()
  await using client = await clientOnPool({ web: [content] }, { nbd: 'none' })
  const { xapi, pool } = client
  const snapshot = await snapshotVm(xapi, {
    vmUuid: pool.vms.web as string,
    jobId: JOBS[0] as string,
    owner: OWNER,
    signal,
  })
  const disk = snapshot.disks[0] as (typeof snapshot.disks)[0]
  const reading = await readDisk(xapi, { disk, signal })
  expect((await applyExtents(reading.extents(), Buffer.alloc(disk.size, 1))).equals(content)).toBe(
    true,
  )
  expect(reading).toMatchObject({ rung: 'vhd', incremental: false })
  expect(reading.reasons[1]).toBe(
    'read as a VHD stream, because no network of the pool has the purpose "nbd"',
  )
  expect(await destroySnapshot(xapi, snapshot)).toEqual([])
})

test('a restored VM has the same disks and another identity', async () => {
  const content = someDisk()
  await using client = await clientOnPool({ web: [content] })
  const { xapi, pool } = client
  const metadata = await readVmMetadata(xapi, pool.vms.web as string)
  const vm = await createVm(xapi, {
    metadata,
    newName: 'web (restored)',
    jobId: JOBS[0] as string,
    owner: OWNER,
    signal,
  })
  const progress: number[] = []
  const written = await vm.addDisk({
    disk: metadata.disks[0] as (typeof metadata.disks)[0],
    content: {
      size: content.length,
      present: block => !isZero(content.subarray(block * VHD_BLOCK, (block + 1) * VHD_BLOCK)),
      async *read() {
        for (let offset = 0; offset < content.length; offset += MIB)
          yield { offset, bytes: content.subarray(offset, offset + MIB) }
      },
    },
    signal,
    onProgress: bytes => progress.push(bytes),
  })
  const finished = await vm.finish({ start: true })
  expect(vm.notes).toEqual(['The network interfaces have new MAC addresses.'])
  expect(finished).toEqual({ started: true })
  expect(progress.at(-1)).toBe(written.bytesWritten)
  expect(await listOurs(xapi, OWNER)).toEqual([])
  const snapshot = await snapshotVm(xapi, {
    vmUuid: vm.uuid,
    jobId: JOBS[1] as string,
    owner: OWNER,
    signal,
  })
  const disk = snapshot.disks[0] as (typeof snapshot.disks)[0]
  const reading = await readDisk(xapi, { disk, signal })
  expect((await applyExtents(reading.extents(), Buffer.alloc(disk.size))).equals(content)).toBe(
    true,
  )
  await destroySnapshot(xapi, snapshot)
})
