import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MemoryObjectStore, memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { DamageError } from '#core/errors/repository.ts'
import { openRepository } from '#repository/open.ts'
import type { OpenRequest } from '#repository/open-request.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  OTHER_VM,
  PASSPHRASE,
  readAll,
  VM,
} from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { bytesOf, copyOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const DAY = 24 * 60 * 60 * 1000 // ms
/** More of them: XENKEEP_FLIPS=10000. */
const RUNS = Number(process.env.XENKEEP_FLIPS ?? 80)
const DAMAGE = /^(OBJECT_DAMAGED|OBJECT_NOT_AUTHENTIC|CHUNK_MISSING)$/
const TUNING = { packTarget: 4 * CHUNK, packBlock: CHUNK, segment: 2 * CHUNK, maxInlineTable: 64 }

/** Everything that a repository can hold: two VMs, increments, pack tables as records, a deleted and collected point, a job that was cut off. */
const everything = async () => {
  const clock = frozenClock()
  const store = memoryObjectStore({ clock })
  const made = await newRepository(store, { tuning: TUNING })
  const { repository, random, jobId } = made
  const images = new Map<string, Buffer>()
  const write = async (vmUuid: string, base?: Point) => {
    const keep = base !== undefined
    const image = Buffer.from(
      (base && images.get(base.id)) ??
        Buffer.concat([
          random.bytes(4 * CHUNK),
          Buffer.alloc(3 * CHUNK, 'text '),
          random.bytes(600),
        ]),
    )
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid, base })
    const disk = await writer.disk({ diskId: 'a', size: image.length, chunkSize: CHUNK, keep })
    if (keep) image.set(random.bytes(2 * CHUNK), 2 * CHUNK)
    const [from, to] = keep ? [2 * CHUNK, 4 * CHUNK] : [0, image.length]
    await disk.write(from, Buffer.from(image.subarray(from, to)))
    await disk.finish()
    const point = await writer.commit({})
    images.set(point.id, image)
    return point
  }
  const disks = [{ diskId: 'a', image: random.bytes(3 * CHUNK) }]
  const { point: gone } = await backUp(repository, { jobId: jobId(), disks })
  for (const vmUuid of [VM, OTHER_VM]) await write(vmUuid, await write(vmUuid))
  await repository.removePoint(gone, store)
  for (let i = 0; i < 3; i++) {
    clock.time += 4 * DAY
    await repository.collectGarbage({ store })
  }
  const cut = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
  const disk = await cut.disk({ diskId: 'a', size: 8 * CHUNK, chunkSize: CHUNK, keep: false })
  await disk.write(0, Buffer.from(random.bytes(4 * CHUNK)))
  await cut.abort()
  await repository.close()

  const open = (damaged: MemoryObjectStore, unlock: OpenRequest['unlock']) =>
    openRepository({
      store: damaged,
      unlock,
      clock,
      random: seededRandom(5),
      tuning: { ...TUNING, workers: 0 },
    })
  return { store, images, open, recoveryKey: made.recoveryKit.key }
}
const { store, images, open, recoveryKey } = await everything()

// Whoever created it decided by its name and size: it holds nothing.
const isClosedName = (key: string) => key.startsWith('points/') && bytesOf(store, key).length === 16
const keys = keysOf(store, '').filter(key => !isClosedName(key))

/** @returns damage by point; a point without an entry came back byte for byte */
const restoreAll = async (repository: Repository) => {
  const failures = new Map<string, DamageError>()
  for await (const ref of repository.points()) {
    try {
      const point = await repository.readPoint(ref)
      const bytes = await readAll(repository.readDisk(point, 'a'))
      if (!bytes.equals(images.get(ref.id) as Buffer)) throw new Error(`${ref.id} reads wrongly`)
    } catch (error) {
      const damage = error as DamageError
      if (!DAMAGE.test(damage.code)) throw error
      failures.set(ref.id, damage)
    }
  }
  return failures
}

const openOrRefuse = async (
  damaged: MemoryObjectStore,
  key: string,
): Promise<Repository | undefined> => {
  try {
    return await open(damaged, { passphrase: PASSPHRASE })
  } catch (error) {
    const { code } = error as DamageError
    if (/^keys\/.*scrypt$/.test(key)) {
      expect(code).toMatch(/^(OBJECT_DAMAGED|NO_KEY_SLOT)$/)
      return open(damaged, { recoveryKey })
    }
    // A bit of the bootstrap may make it that of a newer version, or of a repository that these slots do not belong to.
    expect(key).toBe('repo/00000002')
    expect(code).toMatch(/^(OBJECT_(DAMAGED|NOT_AUTHENTIC)|REPOSITORY_NEWER|NO_KEY_SLOT)$/)
    return undefined
  }
}

test('there is something of everything', () => {
  const kinds = new Set(keys.map(key => key.split('/')[0]))
  expect([...kinds].sort()).toEqual([
    'gc',
    'index',
    'intents',
    'keys',
    'meta',
    'packs',
    'points',
    'repo',
  ])
})

/**
 * Motivation: a list of byte classes is as good as whoever wrote it. Steps: any bit of any byte of any object is turned. Pass: every restore gives
 * the right bytes or fails with a code of damage that names the object, the VM, the disk and the offset; a check of level 2 names the
 * object, and for every restore that fails the stretch that it fails at; it may name more, since a restore needs less than a pack holds. Nothing
 * else ever happens.
 */
test('whatever bit is turned, nothing wrong is given out, and the check names it', async () => {
  const place = fc.record({
    key: fc.constantFrom(...keys),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bit: fc.integer({ min: 0, max: 7 }),
  })
  await fc.assert(
    fc.asyncProperty(place, async ({ key, at, bit }) => {
      const damaged = copyOf(store, emptyStore())
      flipBit(damaged, key, Math.floor(at * bytesOf(store, key).length), bit)
      const repository = await openOrRefuse(damaged, key)
      if (!repository) return
      const failures = await restoreAll(repository)
      const { findings } = await repository.check({ level: 2 })
      await repository.close()

      expect(new Set(findings.map(({ object }) => object))).toEqual(new Set([key]))
      for (const [pointId, { object, place }] of failures) {
        expect(object).toBe(key)
        if (key.startsWith('points/')) continue // unread, it does not tell what it holds
        const offset = place?.offset ?? 0
        expect(place).toMatchObject({ pointId, diskId: 'a' })
        const struck = findings
          .flatMap(({ affected }) => affected)
          .filter(
            found =>
              found.pointId === pointId && found.diskId === 'a' && found.vmUuid === place?.vmUuid,
          )
        expect(
          struck.some(found => found.offset <= offset && offset < found.offset + found.length),
        ).toBe(true)
      }
    }),
    { numRuns: RUNS, seed: 20261122 },
  )
})
