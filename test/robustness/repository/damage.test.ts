import { beforeAll, describe, expect, test } from 'vitest'
import { type MemoryObjectStore, memoryObjectStore } from '#adapters/memory/object-store.ts'
import { FOOTER_SIZE } from '#repository/format/footer.ts'
import { RECORD_HEADER_SIZE, recordSize } from '#repository/format/record.ts'
import { SESSION_ENTRY_SIZE } from '#repository/format/session-entry.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  OTHER_VM,
  readAll,
  VM,
} from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { bytesOf, copyOf, flipBit, keysOf, replace, swap } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const CHUNKS = 6
/** One chunk after the other into one pack: record k is chunk k. Random, so stored raw: every record has the same size. */
const tuning = { chunksAtWork: 1, segment: 2 * CHUNK }
const RECORD = recordSize(CHUNK)
const startOf = (chunk: number) => SESSION_ENTRY_SIZE + chunk * RECORD

let original: MemoryObjectStore
let reopen: (changes: { store: MemoryObjectStore }) => Promise<Repository>
let points: Record<'vm' | 'other', Point>
let images: Record<'vm' | 'other', Buffer>
let dataPack: string
let metaPack: string

beforeAll(async () => {
  original = emptyStore()
  const made = await newRepository(original, { tuning })
  reopen = changes => made.reopen({ ...changes, tuning })
  const image = () => Buffer.from(made.random.bytes(CHUNKS * CHUNK))
  images = { vm: image(), other: image() }
  const one = await backUp(made.repository, {
    jobId: made.jobId(),
    disks: [{ diskId: 'a', image: images.vm }],
  })
  const two = await backUp(made.repository, {
    jobId: made.jobId(),
    vmUuid: OTHER_VM,
    disks: [{ diskId: 'a', image: images.other }],
  })
  points = { vm: one.point, other: two.point }
  const nameOf = (kind: string) => {
    const pack = [...one.point.packs.values()].find(ref => ref.kind === kind)
    return keysOf(original, '').find(key => key.endsWith(pack?.ulid as string)) as string
  }
  dataPack = nameOf('data')
  metaPack = nameOf('meta')
  await made.repository.close()
})

/** A repository of its own, damaged, opened without any memory of better days. */
const damaged = async (harm: (store: MemoryObjectStore) => void) => {
  const store = copyOf(original, memoryObjectStore({ clock: frozenClock() }))
  harm(store)
  return reopen({ store })
}

const wholeDisk = { offset: 0, length: CHUNKS * CHUNK }
const chunkAt = (chunk: number) => ({ offset: chunk * CHUNK, length: CHUNK })
const strikes = (extent: { offset: number; length: number }) => ({
  vmUuid: VM,
  pointId: points.vm.id,
  diskId: 'a',
  ...extent,
})

/** The other VM reads as ever. */
const expectOtherWhole = async (repository: Repository) =>
  expect((await readAll(repository.readDisk(points.other, 'a'))).equals(images.other)).toBe(true)

test('without damage there are no findings', async () => {
  const repository = await damaged(() => undefined)
  expect(await repository.check({ level: 2 })).toEqual({
    level: 2,
    points: 2,
    packs: 4,
    packsRead: 4,
    bytesRead: [...original.objects]
      .filter(([key]) => /^(packs|meta)/.test(key))
      .reduce((sum, [, { bytes }]) => sum + bytes.length, 0),
    recordsVerified: 2 * (CHUNKS + 2),
    orphans: 0,
    findings: [],
  })
})

describe('a flipped bit in a data pack', () => {
  const record = startOf(3)
  const fields: [string, number][] = [
    ['magic', 0],
    ['version', 4],
    ['type', 5],
    ['cipher', 6],
    ['compression', 7],
    ['session', 8],
    ['sequence', 24],
    ['plaintext length', 28],
    ['ciphertext length', 32],
    ['checksum', 36],
    ['first byte of the ciphertext', RECORD_HEADER_SIZE],
    ['last byte of the ciphertext', RECORD_HEADER_SIZE + CHUNK - 1],
    ['tag', RECORD_HEADER_SIZE + CHUNK],
  ]
  test.each(fields)('record, %s: just this chunk, by VM, disk and offset', async (_, at) => {
    const repository = await damaged(store => flipBit(store, dataPack, record + at, 3))
    const { findings } = await repository.check({ level: 2 })
    expect(findings).toEqual([
      {
        code: 'OBJECT_DAMAGED',
        object: dataPack,
        offset: record,
        message: expect.stringContaining(`the record at byte ${record}`),
        affected: [strikes(chunkAt(3))],
      },
    ])
    const parts: number[] = []
    const read = async () => {
      for await (const { offset } of repository.readDisk(points.vm, 'a')) parts.push(offset)
    }
    await expect(read()).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      object: dataPack,
      place: { vmUuid: VM, pointId: points.vm.id, diskId: 'a', offset: 3 * CHUNK },
    })
    // What comes before the damage was given out.
    expect(parts).toEqual([0, CHUNK, 2 * CHUNK])
    await expectOtherWhole(repository)
  })

  const fromEnd = (store: MemoryObjectStore, at: number) => bytesOf(store, dataPack).length - at
  const ends: [string, (store: MemoryObjectStore) => number][] = [
    ['session entry', () => 40],
    ['trailer', store => fromEnd(store, FOOTER_SIZE + 50)],
    ['trailer tag', store => fromEnd(store, FOOTER_SIZE + 1)],
    ...[0, 4, 5, 6, 8, 12, 28, 60, 68, 72, 76, 80].map(
      (at): [string, (store: MemoryObjectStore) => number] => [
        `footer, byte ${at}`,
        store => fromEnd(store, FOOTER_SIZE - at),
      ],
    ),
  ]
  test.each(ends)('%s: the whole disk, since the pack cannot be trusted', async (_, at) => {
    const repository = await damaged(store => {
      flipBit(store, dataPack, at(store))
      for (const key of keysOf(store, 'index/')) store.objects.delete(key)
    })
    const { findings } = await repository.check({ level: 2 })
    expect(findings).toEqual([
      {
        code: 'OBJECT_DAMAGED',
        object: dataPack,
        message: expect.stringContaining(`The object "${dataPack}" is damaged`),
        affected: [strikes(wholeDisk)],
      },
    ])
    await expectOtherWhole(repository)
  })
})

describe('a flipped bit in', () => {
  test.each([
    ['the page', startOf(0) + 100],
    ['the root', -200],
  ])('%s of a map: the whole disk', async (_, at) => {
    const repository = await damaged(store => {
      // The root is the last record, before a trailer of 12 + 64 + 2 * 52 bytes, its tag and the footer.
      const end = bytesOf(store, metaPack).length - FOOTER_SIZE - 16 - 180
      flipBit(store, metaPack, at > 0 ? at : end - 20)
    })
    const { findings } = await repository.check({ level: 1, sample: 0 })
    expect(findings).toMatchObject([
      { code: 'OBJECT_DAMAGED', object: metaPack, affected: [strikes(wholeDisk)] },
    ])
    await expect(readAll(repository.readDisk(points.vm, 'a'))).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      object: metaPack,
      place: { vmUuid: VM, diskId: 'a' },
    })
    await expectOtherWhole(repository)
  })

  test('any byte of a commit record names that record', async () => {
    const { key } = points.vm
    for (let at = 0; at < bytesOf(original, key).length; at += 7) {
      const repository = await damaged(store => flipBit(store, key, at, at % 8))
      await expect(repository.latestPoint(VM)).rejects.toMatchObject({
        code: 'OBJECT_DAMAGED',
        object: key,
      })
      await repository.close()
    }
    const repository = await damaged(store => flipBit(store, key, 60))
    const { findings } = await repository.check({ level: 0 })
    expect(findings).toMatchObject([{ code: 'OBJECT_DAMAGED', object: key }])
  })

  test.each(['index/', 'intents/', 'keys/00000002'])(
    'an object below %s is found and harms no point',
    async prefix => {
      const [key] = keysOf(original, prefix)
      const repository = await damaged(store => flipBit(store, key as string, 70))
      const { findings } = await repository.check({ level: 1, sample: 0 })
      expect(findings).toMatchObject([{ code: 'OBJECT_DAMAGED', object: key, affected: [] }])
      expect((await readAll(repository.readDisk(points.vm, 'a'))).equals(images.vm)).toBe(true)
    },
  )
})

describe('a pack', () => {
  test.each([
    ['cut within its records', 2 * RECORD],
    ['cut within its trailer', -FOOTER_SIZE - 30],
    ['without its last byte', -1],
    ['empty', 0],
  ])('%s', async (_, end) => {
    const repository = await damaged(store => {
      const whole = bytesOf(store, dataPack)
      replace(store, dataPack, whole.slice(0, end === 0 ? 0 : end))
    })
    for (const level of [0, 2] as const) {
      const { findings } = await repository.check({ level })
      expect(findings).toMatchObject([
        { code: 'OBJECT_DAMAGED', object: dataPack, affected: [strikes(wholeDisk)] },
      ])
    }
    await expectOtherWhole(repository)
  })

  test('that is missing', async () => {
    const repository = await damaged(store => {
      store.objects.delete(dataPack)
    })
    const { findings } = await repository.check({ level: 0 })
    expect(findings).toEqual([
      {
        code: 'OBJECT_DAMAGED',
        object: dataPack,
        message: `The object "${dataPack}" is damaged: it is missing from the store.`,
        affected: [strikes(wholeDisk)],
      },
    ])
    await expect(readAll(repository.readDisk(points.vm, 'a'))).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      object: dataPack,
      problem: 'it is missing from the store',
      place: { vmUuid: VM, diskId: 'a', offset: 0 },
    })
    await expectOtherWhole(repository)
  })

  test('with bytes behind its end is noticed', async () => {
    const repository = await damaged(store =>
      replace(store, dataPack, Buffer.concat([bytesOf(store, dataPack), Buffer.alloc(9)])),
    )
    expect((await repository.check({ level: 2 })).findings).toMatchObject([{ object: dataPack }])
  })
})

describe('whole things in the wrong place are refused', () => {
  test('two records of a pack', async () => {
    const repository = await damaged(store => {
      const bytes = Buffer.from(bytesOf(store, dataPack))
      const first = Buffer.from(bytes.subarray(startOf(1), startOf(2)))
      bytes.copyWithin(startOf(1), startOf(4), startOf(5))
      bytes.set(first, startOf(4))
      replace(store, dataPack, bytes)
    })
    const { findings } = await repository.check({ level: 2 })
    expect(findings).toMatchObject([
      { code: 'OBJECT_NOT_AUTHENTIC', offset: startOf(1), affected: [strikes(chunkAt(1))] },
      { code: 'OBJECT_NOT_AUTHENTIC', offset: startOf(4), affected: [strikes(chunkAt(4))] },
    ])
    await expect(readAll(repository.readDisk(points.vm, 'a'))).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      place: { offset: CHUNK },
    })
  })

  test.each(['packs/', 'meta/'])('two packs below %s', async prefix => {
    const repository = await damaged(store => {
      const [a, b] = keysOf(store, prefix) as [string, string]
      swap(store, a, b)
      for (const key of keysOf(store, 'index/')) store.objects.delete(key)
    })
    const { findings } = await repository.check({ level: 2 })
    const packs = findings.filter(({ object }) => object.startsWith(prefix))
    expect(packs.map(({ code }) => code)).toContain('OBJECT_NOT_AUTHENTIC')
    expect(new Set(packs.flatMap(({ affected }) => affected.map(({ vmUuid }) => vmUuid)))).toEqual(
      new Set([VM, OTHER_VM]),
    )
    for (const point of [points.vm, points.other])
      await expect(readAll(repository.readDisk(point, 'a'))).rejects.toMatchObject({
        code: expect.stringMatching(/^OBJECT_(NOT_AUTHENTIC|DAMAGED)$/),
      })
  })

  test('two commit records, and an older one under a new name', async () => {
    const repository = await damaged(store => swap(store, points.vm.key, points.other.key))
    for (const uuid of [VM, OTHER_VM])
      await expect(repository.latestPoint(uuid)).rejects.toMatchObject({
        code: 'OBJECT_NOT_AUTHENTIC',
        message: expect.stringContaining('it was sealed for another name'),
      })
    const later = points.vm.key.replace(/.$/, last => (last === 'Z' ? 'Y' : 'Z'))
    const replayed = await damaged(store => replace(store, later, bytesOf(store, points.vm.key)))
    await expect(replayed.readPoint({ key: later })).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      object: later,
    })
  })

  test('an intent in the place of a commit record, a segment in the place of a segment', async () => {
    const [intent] = keysOf(original, 'intents/')
    const forged = await damaged(store =>
      replace(store, points.vm.key, bytesOf(store, intent as string)),
    )
    await expect(forged.latestPoint(VM)).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      message: expect.stringContaining('it has type 19 instead of 17'),
    })
    const swapped = await damaged(store => {
      const [a, b] = keysOf(store, 'index/') as [string, string]
      swap(store, a, b)
    })
    const { findings } = await swapped.check({ level: 1, sample: 0 })
    expect(findings.map(({ code, affected }) => [code, affected])).toEqual([
      ['OBJECT_NOT_AUTHENTIC', []],
      ['OBJECT_NOT_AUTHENTIC', []],
    ])
  })

  test('objects of another repository', async () => {
    const strange = emptyStore()
    const other = await newRepository(strange, { tuning })
    const { point } = await backUp(other.repository, {
      jobId: points.vm.id,
      disks: [{ diskId: 'a', image: images.vm }],
    })
    const repository = await damaged(store =>
      replace(store, points.vm.key, bytesOf(strange, point.key)),
    )
    await expect(repository.latestPoint(VM)).rejects.toMatchObject({ code: 'OBJECT_NOT_AUTHENTIC' })
  })
})

test('a damaged chunk is read from another pack that has it too', async () => {
  const store = emptyStore()
  const made = await newRepository(store, { tuning })
  // Two agents that start at the same moment know nothing of each other's packs.
  const other = await made.reopen({ tuning })
  const image = images.vm
  const begin = async (repository: Repository, vmUuid: string) => {
    const writer = await repository.beginPoint({ jobId: made.jobId(), vmUuid })
    const disk = await writer.disk({
      diskId: 'a',
      size: image.length,
      chunkSize: CHUNK,
      keep: false,
    })
    return { writer, disk }
  }
  const one = await begin(made.repository, VM)
  const two = await begin(other, OTHER_VM)
  for (const { writer, disk } of [one, two]) {
    await disk.write(0, Buffer.from(image))
    await disk.finish()
    await writer.commit({})
  }
  const [first, second] = keysOf(store, 'packs/') as [string, string]
  flipBit(store, first, startOf(2) + 500)
  flipBit(store, second, startOf(4) + 500)
  const reader = await made.reopen({ tuning })
  for (const uuid of [VM, OTHER_VM]) {
    const point = await reader.latestPoint(uuid)
    // A table that has seen both points' packs.
    await reader.check({ level: 0 })
    expect((await readAll(reader.readDisk(point as Point, 'a'))).equals(image)).toBe(true)
  }
  const { findings } = await reader.check({ level: 2 })
  expect(findings.map(({ affected }) => affected)).toEqual([[], []])

  // One of the packs goes, with the point that needed it: its copies do not count any more, whatever the table remembers.
  const needed = (await reader.latestPoint(VM)) as Point
  const gone = [first, second].find(key => !needed.packs.has(key.slice(-26))) as string
  store.objects.delete(gone)
  store.objects.delete(((await reader.latestPoint(OTHER_VM)) as Point).key)
  const chunk = gone === second ? 2 : 4
  expect((await reader.check({ level: 2 })).findings).toMatchObject([
    { affected: [{ vmUuid: VM, diskId: 'a', ...chunkAt(chunk) }] },
  ])
})

test('a restore that is stopped stops', async () => {
  const repository = await damaged(() => undefined)
  const abort = new AbortController()
  const read = async () => {
    for await (const _ of repository.readDisk(points.vm, 'a', { signal: abort.signal }))
      abort.abort()
  }
  await expect(read()).rejects.toMatchObject({ name: 'AbortError' })
})
