import { describe, expect, test } from 'vitest'
import type { MemoryObjectStore } from '#adapters/memory/object-store.ts'
import { FOOTER_SIZE } from '#repository/format/footer.ts'
import { RECORD_HEADER_SIZE } from '#repository/format/record.ts'
import { readAll, VM } from '#test/support/repository/open.ts'
import { bytesOf, flipBit, keysOf, replace } from '#test/support/repository/tamper.ts'
import {
  CHUNK,
  CHUNKS,
  chunkAt,
  RECORD,
  startOf,
  twoVms,
  wholeDisk,
} from '#test/support/repository/two-vms.ts'

const { original, points, dataPack, damaged, strikes, expectOtherWhole } = await twoVms()

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
    unreadable: [],
    borrowed: [],
    verification: expect.objectContaining({ packs: 4, never: { packs: 0, bytes: 0 }, damaged: 0 }),
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

test('a restore that is stopped stops', async () => {
  const repository = await damaged(() => undefined)
  const abort = new AbortController()
  const read = async () => {
    for await (const _ of repository.readDisk(points.vm, 'a', { signal: abort.signal }))
      abort.abort()
  }
  await expect(read()).rejects.toMatchObject({ name: 'AbortError' })
})
