import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { randomImage } from '#test/support/repository/images.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  OTHER_VM,
  readAll,
} from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

const KiB = 1024

test('random images come back byte for byte, whatever their size and chunk size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.array(fc.integer({ min: 1, max: 2500 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(64 * KiB, 128 * KiB, 1024 * KiB),
      async (seed, sectors, chunkSize) => {
        const { repository, jobId } = await newRepository(emptyStore(), { seed })
        const random = seededRandom(seed)
        const disks = sectors.map((count, i) => ({
          diskId: `disk ${i}`,
          image: randomImage(random, count * 512, chunkSize),
          chunkSize,
        }))
        const { point } = await backUp(repository, { jobId: jobId(), disks })
        for (const { diskId, image } of disks)
          expect((await readAll(repository.readDisk(point, diskId))).equals(image)).toBe(true)
        expect((await repository.check({ level: 2 })).findings).toEqual([])
        await repository.close()
      },
    ),
    { numRuns: 20 },
  )
})

test('a directory keeps a repository that another process opens', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'xenkeep-repository-'))
  try {
    const store = await openDirectoryStore(directory)
    const { repository, random, jobId, reopen, recoveryKit } = await newRepository(store)
    const image = randomImage(random, 9 * 1024 * KiB + 512, 64 * KiB)
    const disks = [{ diskId: 'a', image }]
    await backUp(repository, { jobId: jobId(), disks })
    await backUp(repository, { jobId: jobId(), vmUuid: OTHER_VM, disks })
    await repository.close()

    const again = await reopen({ store: await openDirectoryStore(directory) })
    const points = await Array.fromAsync(again.points(OTHER_VM))
    expect(points).toHaveLength(1)
    const point = await again.latestPoint(OTHER_VM)
    if (!point) throw new Error('no point')
    expect((await readAll(again.readDisk(point, 'a'))).equals(image)).toBe(true)
    expect(recoveryKit.text).toContain(again.id)
    await again.close()
  } finally {
    rmSync(directory, { recursive: true })
  }
})
