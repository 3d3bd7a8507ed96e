import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type MemoryObjectStore, memoryObjectStore } from '#adapters/memory/object-store.ts'
import { StoreDeniedError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { FOOTER_SIZE } from '#repository/format/footer.ts'
import { RECORD_HEADER_SIZE, recordSize } from '#repository/format/record.ts'
import { SESSION_ENTRY_SIZE } from '#repository/format/session-entry.ts'
import type { Point, Repository } from '#repository/index.ts'
import { backUp, newRepository, OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { bytesOf, copyOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const CHUNKS = 6
/** Record k of a data pack is chunk k; random, so all of one size. */
const tuning = { chunksAtWork: 1, segment: 2 * CHUNK }
const RECORD = recordSize(CHUNK)
const startOf = (chunk: number) => SESSION_ENTRY_SIZE + chunk * RECORD

let original: MemoryObjectStore
let reopen: (changes: { store: MaintenanceStore }) => Promise<Repository>
let points: Point[]
let images: Buffer[]
let dataPack: string
let metaPack: string
let nextJob: () => string

beforeAll(async () => {
  original = memoryObjectStore({ clock: frozenClock() })
  const made = await newRepository(original, { tuning })
  nextJob = made.jobId
  reopen = changes => made.reopen({ ...changes, tuning })
  images = [VM, OTHER_VM].map(() => Buffer.from(made.random.bytes(CHUNKS * CHUNK)))
  points = []
  for (const [i, vmUuid] of [VM, OTHER_VM].entries()) {
    const disks = [{ diskId: 'a', image: images[i] as Buffer }]
    points.push((await backUp(made.repository, { jobId: made.jobId(), vmUuid, disks })).point)
  }
  const nameOf = (kind: string) => {
    const pack = [...(points[0] as Point).packs.values()].find(ref => ref.kind === kind)
    return keysOf(original, '').find(key => key.endsWith(pack?.ulid as string)) as string
  }
  dataPack = nameOf('data')
  metaPack = nameOf('meta')
  await made.repository.close()
})

const copy = (options: { versioning?: boolean } = {}) =>
  copyOf(original, memoryObjectStore({ clock: frozenClock(), ...options }))

/** Somebody, or something, overwrites an object and leaves the version before. */
const overwriteFlipped = (store: MemoryObjectStore, key: string, at: number, bit = 3) => {
  const bytes = Uint8Array.from(bytesOf(store, key))
  bytes[at] = (bytes[at] as number) ^ (1 << bit)
  store.overwrite(key, bytes)
}

/** A check, the healing of what it found, and the check after that. */
const checkAndHeal = async (store: MaintenanceStore, replica?: MaintenanceStore) => {
  const repository = await reopen({ store })
  const { findings } = await repository.check({ level: 2 })
  const objects = findings.map(({ object }) => object)
  const healed = await repository.heal({ store, replica, objects })
  const again = await reopen({ store })
  const after = await again.check({ level: 2 })
  return { repository: again, findings, ...healed, after: after.findings }
}

const expectWhole = async (store: MaintenanceStore) => {
  const repository = await reopen({ store })
  for (const [i, point] of points.entries()) {
    const bytes = await readAll(repository.readDisk(await repository.readPoint(point), 'a'))
    expect(bytes.equals(images[i] as Buffer)).toBe(true)
  }
  await repository.close()
}

const record = startOf(3)
const end = () => bytesOf(original, dataPack).length
const places: [string, () => number][] = [
  ['session entry', () => 40],
  ['magic of a record', () => record],
  ['version of a record', () => record + 4],
  ['type of a record', () => record + 5],
  ['session of a record', () => record + 8],
  ['sequence of a record', () => record + 24],
  ['lengths of a record', () => record + 32],
  ['checksum of a record', () => record + 36],
  ['ciphertext of a record', () => record + RECORD_HEADER_SIZE + 777],
  ['tag of a record', () => record + RECORD_HEADER_SIZE + CHUNK],
  ['trailer', () => end() - FOOTER_SIZE - 50],
  ['tag of the trailer', () => end() - FOOTER_SIZE - 1],
  ['pack id in the footer', () => end() - FOOTER_SIZE + 12],
  ['checksum of the footer', () => end() - 1],
]

describe('one bit of a pack is turned', () => {
  test.each(places)('%s: healed from an older version', async (_, at) => {
    const store = copy()
    overwriteFlipped(store, dataPack, at())
    const { findings, healed, left, after } = await checkAndHeal(store)
    expect(findings.length).toBeGreaterThan(0)
    expect(healed).toEqual([{ object: dataPack, from: 'an older version' }])
    expect([left, after]).toEqual([[], []])
    expect(Buffer.from(bytesOf(store, dataPack)).equals(bytesOf(original, dataPack))).toBe(true)
    await expectWhole(store)
  })

  test.each(places)(
    '%s: healed from the replica, also where names have one version',
    async (_, at) => {
      for (const versioning of [true, false]) {
        const store = copy({ versioning })
        flipBit(store, dataPack, at(), 3)
        const { healed, left, after } = await checkAndHeal(store, copy())
        expect(healed).toEqual([{ object: dataPack, from: 'memory:' }])
        expect([left, after]).toEqual([[], []])
        await expectWhole(store)
      }
    },
  )

  test.each(places.slice(1))(
    '%s: without a source it is named, and nothing is removed',
    async (_, at) => {
      const store = copy({ versioning: false })
      flipBit(store, dataPack, at(), 3)
      const { healed, left, after } = await checkAndHeal(store)
      expect(healed).toEqual([])
      expect(left).toEqual([
        { object: dataPack, because: 'No older version has it whole, and no replica was named.' },
      ])
      expect(after.flatMap(({ affected }) => affected)).not.toEqual([])
      expect(store.objects.has(dataPack)).toBe(true)
    },
  )
})

test('a session entry is made again from the table of contents', async () => {
  const store = copy({ versioning: false })
  flipBit(store, dataPack, 40, 3)
  const { healed, left, after } = await checkAndHeal(store)
  expect([healed, left, after]).toEqual([
    [{ object: dataPack, from: 'what is left of it' }],
    [],
    [],
  ])
  expect(Buffer.from(bytesOf(store, dataPack)).equals(bytesOf(original, dataPack))).toBe(true)
})

test('two copies, each damaged in another place, make a whole one', async () => {
  const store = copy({ versioning: false })
  const replica = copy()
  for (const at of [startOf(1) + 99, startOf(5) + 5]) flipBit(store, dataPack, at)
  for (const at of [startOf(0) + 99, 30, end() - 3]) flipBit(replica, dataPack, at)
  const { healed, after } = await checkAndHeal(store, replica)
  expect(healed).toEqual([{ object: dataPack, from: 'several damaged copies' }])
  expect(after).toEqual([])
  await expectWhole(store)
})

test('two copies damaged in the same record make none', async () => {
  const store = copy({ versioning: false })
  const replica = copy()
  flipBit(store, dataPack, startOf(2) + 99)
  flipBit(replica, dataPack, startOf(2) + 5000)
  const { healed, left, after } = await checkAndHeal(store, replica)
  expect([healed, left]).toEqual([
    [],
    [{ object: dataPack, because: 'Neither an older version nor the replica has it whole.' }],
  ])
  expect(after).toMatchObject([{ affected: [{ offset: 2 * CHUNK, length: CHUNK }] }])
})

test('a pack that is gone, cut short, or hidden below a delete marker', async () => {
  for (const harm of [
    (store: MemoryObjectStore) => store.objects.delete(dataPack),
    (store: MemoryObjectStore) => store.overwrite(dataPack, bytesOf(store, dataPack).slice(0, 999)),
    (store: MemoryObjectStore) => store.hide(metaPack),
  ]) {
    const store = copy()
    harm(store)
    const { left, after } = await checkAndHeal(store, copy())
    expect([left, after]).toEqual([[], []])
    await expectWhole(store)
  }
})

test('everything hidden and overwritten by somebody who locks his garbage too: the locks of ours are taken over', async () => {
  const store = copy()
  const DAY = 86_400_000
  const now = frozenClock().time
  await store.retain(dataPack, now + 5 * DAY, 'governance')
  for (const key of [...keysOf(store, 'packs/'), ...keysOf(store, 'points/')]) {
    store.overwrite(key, Buffer.from('pay us'))
    await store.retain(key, now + 9999 * DAY, 'governance')
  }
  for (const key of [...keysOf(store, 'meta/'), ...keysOf(store, 'index/')]) store.hide(key)
  const { left, after } = await checkAndHeal(store)
  expect([left, after]).toEqual([[], []])
  await expectWhole(store)
  expect(await store.retention(dataPack)).toEqual({ mode: 'governance', until: now + 5 * DAY })
})

test('whatever bit of whatever object is turned, a whole replica heals it', async () => {
  const keys = keysOf(original, '')
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), fc.nat(), fc.nat(7)), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.boolean(),
      async (flips, versioning) => {
        const store = copy({ versioning })
        const harmed = new Set<string>()
        for (const [key, at, bit] of flips) {
          // Without bootstrap and slots nobody gets in to heal: these are copied back by hand.
          if (/^(repo|keys)\//.test(key)) continue
          flipBit(store, key, at % bytesOf(store, key).length, bit)
          harmed.add(key)
        }
        const { left, after } = await checkAndHeal(store, copy())
        expect([left, after]).toEqual([[], []])
        for (const key of harmed)
          expect(Buffer.from(bytesOf(store, key)).equals(bytesOf(original, key))).toBe(true)
      },
    ),
    { numRuns: 25 },
  )
}, 60_000)

test('a key slot is put back from the replica by whoever gets in by another one', async () => {
  const store = copy({ versioning: false })
  const slot = keysOf(store, 'keys/').find(key => key.endsWith('.recovery')) as string
  flipBit(store, slot, 70)
  const { healed, after } = await checkAndHeal(store, copy())
  expect([healed, after]).toEqual([[{ object: slot, from: 'memory:' }], []])
})

test('who may not write there is told so, and the others are healed', async () => {
  const store = copy()
  overwriteFlipped(store, dataPack, 700)
  const denied = {
    ...store,
    supersede: async (key: string) => {
      throw new StoreDeniedError(`write "${key}"`)
    },
  }
  store.hide(metaPack)
  const { healed, left } = await checkAndHeal(denied)
  expect(healed).toEqual([{ object: metaPack, from: 'an older version' }])
  expect(left).toEqual([
    { object: dataPack, because: expect.stringContaining('permission denied') },
  ])
})

test('a replica of another repository heals nothing', async () => {
  const store = copy({ versioning: false })
  flipBit(store, dataPack, 700)
  const strange = memoryObjectStore({ clock: frozenClock() })
  const other = await newRepository(strange, { tuning })
  await backUp(other.repository, {
    jobId: nextJob(),
    disks: [{ diskId: 'a', image: images[0] as Buffer }],
  })
  await strange.put(dataPack, [bytesOf(strange, keysOf(strange, 'packs/')[0] as string)])
  const { healed, left } = await checkAndHeal(store, strange)
  expect(healed).toEqual([])
  expect(left).toHaveLength(1)
})
