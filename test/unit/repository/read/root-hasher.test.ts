import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { newRepository, VM } from '#test/support/repository/open.ts'

const CHUNK = 64 * 1024
let made: Awaited<ReturnType<typeof newRepository>>
beforeAll(async () => {
  made = await newRepository(memoryObjectStore(), { seed: 11 })
})

/** Writes a disk whose chunks are zero or not as `pattern` says; the last one may be short. */
const writeDisk = async (pattern: boolean[], cut: number) => {
  const { repository, random, jobId } = made
  const size = pattern.length * CHUNK - cut
  const image = new Uint8Array(size)
  pattern.forEach((filled, i) => {
    if (!filled) return
    const end = Math.min((i + 1) * CHUNK, size)
    image.set(random.bytes(end - i * CHUNK), i * CHUNK)
    image[i * CHUNK] ||= 1
  })
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
  const disk = await writer.disk({ diskId: 'a', size, chunkSize: CHUNK, keep: false })
  for (let at = 0; at < size; at += CHUNK) await disk.write(at, image.slice(at, at + CHUNK))
  const { rootHash } = await disk.finish()
  return { image, size, rootHash, point: await writer.commit({}) }
}

const disks = fc.tuple(
  fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
  fc.integer({ min: 0, max: CHUNK / 512 - 1 }).map(sectors => sectors * 512),
)

describe('what a restore proves itself with', () => {
  it('computes the root hash of a disk from its bytes, whatever the writer had computed', () =>
    fc.assert(
      fc.asyncProperty(disks, async ([pattern, cut]) => {
        const { repository } = made
        const { size, rootHash, point } = await writeDisk(pattern, cut)
        const hasher = repository.rootHasher({ size, chunkSize: CHUNK })
        for await (const extent of repository.readDisk(point, 'a'))
          if (!extent.zero) hasher.update(extent.offset, extent.bytes)
        expect(hasher.digest()).toBe(rootHash)
      }),
      { numRuns: 25 },
    ))

  it('tells occupancy from the map alone, as the bytes are', () =>
    fc.assert(
      fc.asyncProperty(
        disks,
        fc.nat(20 * CHUNK),
        fc.nat(5 * CHUNK),
        async (shape, from, length) => {
          const { image, point } = await writeDisk(...shape)
          const occupancy = await made.repository.occupancy(point, 'a')
          const first = Math.floor(from / CHUNK) * CHUNK
          const end = Math.ceil((from + length) / CHUNK) * CHUNK
          const zero = image.subarray(first, end).every(byte => byte === 0)
          expect(occupancy.isZero(from, length)).toBe(zero || first >= end)
        },
      ),
      { numRuns: 25 },
    ))

  it('notices one wrong bit, and bytes out of order', async () => {
    const { repository } = made
    const { image, size, rootHash } = await writeDisk([true, false, true], 512)
    const hashOf = (bytes: Uint8Array) => {
      const hasher = repository.rootHasher({ size, chunkSize: CHUNK })
      hasher.update(0, bytes)
      return hasher.digest()
    }
    expect(hashOf(image)).toBe(rootHash)
    image[2 * CHUNK + 7] = (image[2 * CHUNK + 7] ?? 0) ^ 1
    expect(hashOf(image)).not.toBe(rootHash)
    const hasher = repository.rootHasher({ size, chunkSize: CHUNK })
    hasher.update(CHUNK, image.subarray(CHUNK, 2 * CHUNK))
    expect(() => hasher.update(0, image.subarray(0, CHUNK))).toThrow(
      expect.objectContaining({ code: 'INVALID_WRITE' }),
    )
  })
})
