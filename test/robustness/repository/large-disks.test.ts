import { expect, test } from 'vitest'
import type { Repository } from '#repository/repository.ts'
import { emptyStore, newRepository, VM } from '#test/support/repository/open.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
/** What one page of a map spans: 1,024 chunks. */
const PAGE = 1024 * CHUNK

/** A disk of some pages that holds something in few places; `at` in bytes. */
const sparse = async (
  repository: Repository,
  jobId: string,
  size: number,
  parts: { at: number; bytes: Uint8Array }[],
) => {
  const writer = await repository.beginPoint({ jobId, vmUuid: VM })
  const disk = await writer.disk({ diskId: 'a', size, chunkSize: CHUNK, keep: false })
  for (const { at, bytes } of parts) await disk.write(at, Buffer.from(bytes))
  const { rootHash } = await disk.finish()
  return { point: await writer.commit({}), rootHash, statistics: writer.statistics }
}

const extents = async (repository: Repository, ...args: Parameters<Repository['readDisk']>) => {
  const found: [number, number, boolean][] = []
  for await (const extent of repository.readDisk(...args))
    found.push(
      extent.zero
        ? [extent.offset, extent.length, true]
        : [extent.offset, extent.bytes.length, false],
    )
  return found
}

test('a sparse disk of many pages costs what is in it, and comes back as few extents', async () => {
  const { repository, random, jobId } = await newRepository(emptyStore())
  const bytes = random.bytes(CHUNK)
  const size = 40 * PAGE + 512
  const { point, statistics, rootHash } = await sparse(repository, jobId(), size, [
    { at: PAGE - CHUNK, bytes },
    { at: 30 * PAGE, bytes },
    { at: 40 * PAGE, bytes: bytes.subarray(0, 512) },
  ])
  expect(statistics).toMatchObject({ chunks: 3, newBytes: 2 * CHUNK })
  expect(statistics.storedBytes).toBeLessThan(3 * CHUNK)
  expect(await extents(repository, point, 'a')).toEqual([
    [0, PAGE - CHUNK, true],
    [PAGE - CHUNK, CHUNK, false],
    [PAGE, 29 * PAGE, true],
    [30 * PAGE, CHUNK, false],
    [30 * PAGE + CHUNK, 10 * PAGE - CHUNK, true],
    [40 * PAGE, 512, false],
  ])
  const hasher = repository.rootHasher({ size, chunkSize: CHUNK })
  for await (const extent of repository.readDisk(point, 'a'))
    if (!extent.zero) hasher.update(extent.offset, extent.bytes)
  expect(hasher.digest()).toBe(rootHash)
})

test('a disk grows over the edge of a page', async () => {
  const { repository, random, jobId } = await newRepository(emptyStore())
  const bytes = random.bytes(CHUNK)
  const { point: base } = await sparse(repository, jobId(), PAGE - 512, [{ at: 0, bytes }])
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, base })
  const disk = await writer.disk({ diskId: 'a', size: 2 * PAGE + CHUNK, keep: true })
  await disk.write(2 * PAGE, Buffer.from(bytes))
  await disk.finish()
  const point = await writer.commit({})
  expect(writer.statistics.newBytes).toBe(0)
  expect(await extents(repository, point, 'a')).toEqual([
    [0, CHUNK, false],
    [CHUNK, 2 * PAGE - CHUNK, true],
    [2 * PAGE, CHUNK, false],
  ])
})

test('declaring zeros over whole pages of the base gives them back', async () => {
  const { repository, random, jobId } = await newRepository(emptyStore())
  const { point: base } = await sparse(repository, jobId(), 3 * PAGE, [
    { at: 0, bytes: random.bytes(CHUNK) },
    { at: PAGE + CHUNK, bytes: random.bytes(CHUNK) },
  ])
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, base })
  const disk = await writer.disk({ diskId: 'a', size: 3 * PAGE, keep: true })
  await disk.zero(PAGE, 2 * PAGE)
  await disk.finish()
  const point = await writer.commit({})
  expect(await extents(repository, point, 'a')).toEqual([
    [0, CHUNK, false],
    [CHUNK, 3 * PAGE - CHUNK, true],
  ])
})

test('a damaged page strikes its part of the disk, and what lies before it is given out', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const bytes = random.bytes(CHUNK)
  const { point } = await sparse(repository, jobId(), 3 * PAGE, [
    { at: 0, bytes },
    { at: PAGE + CHUNK, bytes },
    { at: 2 * PAGE, bytes },
  ])
  await repository.close()
  const [meta] = keysOf(store, 'meta/') as [string]
  // Pages hold one id each and compress to well under 150 bytes: the second one begins there.
  const object = store.objects.get(meta)?.bytes as Uint8Array
  const second = Buffer.from(object).indexOf('XKRC', 70)
  flipBit(store, meta, second + 45)

  const again = await reopen()
  const { findings } = await again.check({ level: 2 })
  expect(findings).toMatchObject([
    {
      object: meta,
      offset: second,
      affected: [{ vmUuid: VM, diskId: 'a', offset: PAGE, length: PAGE }],
    },
  ])
  const seen: number[] = []
  const read = async () => {
    for await (const { offset } of again.readDisk(point, 'a')) seen.push(offset)
  }
  await expect(read()).rejects.toMatchObject({
    code: 'OBJECT_DAMAGED',
    object: meta,
    place: { vmUuid: VM, diskId: 'a', offset: PAGE },
  })
  expect(seen[0]).toBe(0)
})
