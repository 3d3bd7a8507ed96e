import { expect, test } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import { randomImage } from '#test/support/repository/images.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  OTHER_VM,
  readAll,
  VM,
} from '#test/support/repository/open.ts'
import { bytesOf, flipBit, keysOf, removeAll } from '#test/support/repository/tamper.ts'

const KiB = 1024
const MiB = 1024 * KiB
const CHUNK = 64 * KiB

/** An increment that mentions just `changes`. */
const increment = async (
  repository: Repository,
  jobId: string,
  base: Point,
  size: number,
  changes: { offset: number; bytes: Uint8Array }[],
) => {
  const writer = await repository.beginPoint({ jobId, vmUuid: base.vmUuid, base })
  const disk = await writer.disk({ diskId: 'a', size, keep: true })
  for (const { offset, bytes } of changes) await disk.write(offset, bytes)
  const { rootHash } = await disk.finish()
  return { point: await writer.commit({}), rootHash, statistics: writer.statistics }
}

test('two increments of an unchanged VM store less than 100 KiB and read no chunk', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const image = randomImage(random, 20 * MiB, CHUNK)
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  await repository.close()

  const sizeOf = () => [...store.objects.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
  const before = sizeOf()
  let reads = 0
  const counting = faulty(store, [
    { on: 'get', key: /^packs\//, times: Number.POSITIVE_INFINITY, before: () => reads++ },
  ])
  const again = await reopen({ store: counting })
  const first = await increment(again, jobId(), point, image.length, [])
  const second = await increment(again, jobId(), first.point, image.length, [])
  expect(sizeOf() - before).toBeLessThan(100 * KiB)
  expect(second.statistics).toMatchObject({ packs: 0, newBytes: 0, puts: 2 })
  expect(reads).toBe(0)
  expect(second.rootHash).toBe(point.disks[0]?.rootHash)
  expect((await readAll(again.readDisk(second.point, 'a'))).equals(image)).toBe(true)
})

test('an increment stores what changed, and a disk may grow', async () => {
  const { repository, random, jobId } = await newRepository(emptyStore())
  const image = randomImage(random, 3 * MiB + 512, CHUNK)
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })

  const grown = Buffer.concat([image, Buffer.alloc(2 * MiB - 512)])
  const change = Buffer.from(random.bytes(2 * CHUNK))
  grown.set(change, 5 * CHUNK)
  const tail = Buffer.from(random.bytes(CHUNK))
  grown.set(tail, 4 * MiB)
  const { point: next, statistics } = await increment(repository, jobId(), point, grown.length, [
    { offset: 4 * MiB, bytes: Buffer.from(tail) },
    { offset: 5 * CHUNK, bytes: Buffer.from(change) },
  ])
  expect(statistics).toMatchObject({ chunks: 3, changedBytes: 3 * CHUNK, newBytes: 3 * CHUNK })
  expect((await readAll(repository.readDisk(next, 'a'))).equals(grown)).toBe(true)
  expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
})

test('the base may be another disk, another VM, and a chunk may become zero', async () => {
  const { repository, random, jobId } = await newRepository(emptyStore())
  const image = Buffer.from(random.bytes(8 * CHUNK))
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: OTHER_VM, base: point })
  const disk = await writer.disk({ diskId: 'b', size: image.length, keep: true, baseDiskId: 'a' })
  await disk.zero(2 * CHUNK, 3 * CHUNK)
  await disk.write(7 * CHUNK, Buffer.alloc(CHUNK))
  await disk.finish()
  const clone = await writer.commit({})
  const expected = Buffer.from(image)
    .fill(0, 2 * CHUNK, 5 * CHUNK)
    .fill(0, 7 * CHUNK)
  expect((await readAll(repository.readDisk(clone, 'b'))).equals(expected)).toBe(true)
  expect(writer.statistics).toMatchObject({ zeroBytes: 4 * CHUNK, newBytes: 0 })
})

test('two VMs, two disks and two processes share what they have in common', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const image = Buffer.from(random.bytes(2 * MiB))
  const full = await backUp(repository, {
    jobId: jobId(),
    disks: [
      { diskId: 'a', image },
      { diskId: 'twin', image },
    ],
  })
  expect(full.statistics.newBytes).toBe(image.length)
  await repository.close()

  const other = await reopen()
  const { statistics } = await backUp(other, {
    jobId: jobId(),
    vmUuid: OTHER_VM,
    disks: [{ diskId: 'clone', image }],
  })
  expect(statistics).toMatchObject({ newBytes: 0, chunks: 32 })
  // The map is the same too, so not even a metadata pack is needed.
  expect(statistics.packs).toBe(0)
})

test('a pack that is gone is not relied upon, whatever the local table says', async () => {
  const store = emptyStore()
  const { repository, random, jobId } = await newRepository(store)
  const image = Buffer.from(random.bytes(MiB))
  await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  removeAll(store, 'packs/')
  const { point, statistics } = await backUp(repository, {
    jobId: jobId(),
    vmUuid: OTHER_VM,
    disks: [{ diskId: 'a', image }],
  })
  expect(statistics.newBytes).toBe(image.length)
  expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
})

test('a point is restored from commit record, maps and trailers alone', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const image = randomImage(random, 6 * MiB, CHUNK)
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  await repository.close()
  removeAll(store, 'index/')
  removeAll(store, 'intents/')
  // Nothing but the packs that the commit record names.
  await backUp(await reopen(), {
    jobId: jobId(),
    vmUuid: OTHER_VM,
    disks: [{ diskId: 'x', image: Buffer.from(random.bytes(MiB)) }],
  })
  removeAll(store, 'index/')
  for (const key of [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')])
    if (!point.packs.has(key.slice(-26))) store.objects.delete(key)

  const again = await reopen()
  const found = await again.latestPoint(VM)
  expect(found).toEqual(point)
  expect((await readAll(again.readDisk(point, 'a'))).equals(image)).toBe(true)
})

test('a rebuilt index knows every chunk, and its segment replaces the others', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const image = Buffer.from(random.bytes(2 * MiB))
  await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  await repository.close()
  await repository.close()
  removeAll(store, 'index/')
  // A first rebuild, to have a segment that the second one replaces.
  await (await reopen()).rebuildIndex()

  const again = await reopen()
  const rebuilt = await again.rebuildIndex()
  // 32 chunks, a page and a root.
  expect(rebuilt).toMatchObject({ records: 34, damaged: [] })
  await again.close()
  let trailerReads = 0
  let segmentReads = 0
  const counting = faulty(store, [
    { on: 'get', key: /^(packs|meta)\//, times: 1000, before: () => trailerReads++ },
    { on: 'get', key: /^index\//, times: 1000, before: () => segmentReads++ },
  ])
  const { statistics } = await backUp(await reopen({ store: counting }), {
    jobId: jobId(),
    vmUuid: OTHER_VM,
    disks: [{ diskId: 'a', image }],
  })
  expect(statistics.newBytes).toBe(0)
  expect(trailerReads).toBe(0)
  expect(segmentReads).toBe(1)
})

test('a pack table too large for the commit record goes into records', async () => {
  const store = emptyStore()
  const tuning = { packTarget: CHUNK, segment: 512 * KiB, maxInlineTable: 100 }
  const { repository, random, jobId, reopen } = await newRepository(store, { tuning })
  const image = Buffer.from(random.bytes(MiB))
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  await repository.close()
  removeAll(store, 'index/')
  const again = await reopen({ tuning })
  expect(await again.latestPoint(VM)).toEqual(point)
  expect((await readAll(again.readDisk(point, 'a'))).equals(image)).toBe(true)
  const report = await again.check({ level: 2 })
  expect(report).toMatchObject({ orphans: 0, findings: [] })
})

test('a base that does not fit is refused by name', async () => {
  const { repository, random, jobId } = await newRepository(emptyStore())
  const image = Buffer.from(random.bytes(4 * CHUNK))
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, base: point })
  const request = { diskId: 'a', size: image.length, keep: true }
  await expect(writer.disk({ ...request, size: CHUNK })).rejects.toMatchObject({
    code: 'BASE_MISMATCH',
    message:
      'The earlier recovery point cannot be the base of disk "a": the disk shrank from 262144 to 65536 bytes.',
  })
  await expect(writer.disk({ ...request, chunkSize: 2 * CHUNK })).rejects.toMatchObject({
    code: 'BASE_MISMATCH',
  })
  await expect(writer.disk({ ...request, diskId: 'b' })).rejects.toMatchObject({
    code: 'DISK_NOT_FOUND',
  })
})

test.each([
  ['out of step', 512, CHUNK],
  ['a part of a chunk', 0, CHUNK / 2],
  ['beyond the end', 4 * CHUNK, CHUNK],
  ['before the start', -CHUNK, CHUNK],
])('a write %s is refused', async (_, offset, length) => {
  const { repository, jobId } = await newRepository(emptyStore())
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
  const disk = await writer.disk({ diskId: 'a', size: 4 * CHUNK, chunkSize: CHUNK, keep: false })
  const bytes = Buffer.alloc(length, 1)
  await expect(disk.write(offset, bytes)).rejects.toMatchObject({ code: 'INVALID_WRITE' })
  await expect(disk.zero(offset, length)).rejects.toMatchObject({ code: 'INVALID_WRITE' })
  await writer.abort()
})

test('a rebuild keeps old segments while a trailer is damaged: they still tell where its records are', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const image = Buffer.from(random.bytes(8 * CHUNK))
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  await repository.close()
  const [pack] = keysOf(store, 'packs/') as [string]
  flipBit(store, pack, bytesOf(store, pack).length - 1)

  const again = await reopen()
  expect(await again.rebuildIndex()).toMatchObject({ packs: 1, damaged: [pack] })
  expect((await readAll(again.readDisk(point, 'a'))).equals(image)).toBe(true)
  const fresh = await reopen()
  expect((await readAll(fresh.readDisk(point, 'a'))).equals(image)).toBe(true)
  expect((await fresh.check({ level: 2 })).findings).toMatchObject([{ object: pack }])
})

test('a pack that serves nothing any more leaves the pack set', async () => {
  const { repository, random, jobId } = await newRepository(emptyStore())
  const image = Buffer.from(random.bytes(8 * CHUNK))
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  const half = await increment(repository, jobId(), point, image.length, [
    { offset: 0, bytes: Buffer.from(random.bytes(4 * CHUNK)) },
  ])
  const whole = await increment(repository, jobId(), half.point, image.length, [
    { offset: 4 * CHUNK, bytes: Buffer.from(random.bytes(4 * CHUNK)) },
  ])
  const first = [...point.packs.keys()]
  const dataOf = ({ packs }: Point) =>
    [...packs.values()].filter(({ kind }) => kind === 'data').length
  expect(dataOf(half.point)).toBe(2)
  expect(dataOf(whole.point)).toBe(2)
  expect(first.filter(ulid => whole.point.packs.has(ulid))).toEqual([])
})
