import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recordSize } from '#repository/format/record.ts'
import type { Location } from '#repository/index/table.ts'
import { planGets } from '#repository/read/plan.ts'

const limits = { joinGap: 1000, joinLimit: 10_000 }

const location = (pack: string, offset: number, ciphertextLength: number): Location => ({
  pack: { ulid: pack, kind: 'data', size: 1_000_000 },
  entry: {
    id: Buffer.alloc(32),
    type: 1,
    compression: 0,
    session: 0,
    sequence: 0,
    offset,
    ciphertextLength,
    plaintextLength: 1,
  },
  session: { id: Buffer.alloc(16), salt: Buffer.alloc(32), epoch: 1, kind: 'data' },
})

test('neighbours are joined, distant ones and other packs are not', () => {
  const plan = planGets(
    [
      location('B', 64, 100),
      location('A', 2000, 100),
      location('A', 64, 100),
      location('A', 9000, 100),
    ],
    limits,
  )
  expect(
    plan.map(({ pack, offset, length, wanted }) => [pack.ulid, offset, length, wanted.length]),
  ).toEqual([
    ['A', 64, 156, 1],
    ['A', 2000, 156, 1],
    ['A', 9000, 156, 1],
    ['B', 64, 156, 1],
  ])
  const joined = planGets([location('A', 64, 100), location('A', 220, 100)], limits)
  expect(joined.map(({ offset, length }) => [offset, length])).toEqual([[64, 312]])
})

test('every record is read once, within its GET, and no GET is larger than the limit unless its record is', () => {
  const locations = fc.array(
    fc.tuple(fc.constantFrom('A', 'B', 'C'), fc.nat(3000), fc.integer({ min: 1, max: 20_000 })),
    { maxLength: 50 },
  )
  fc.assert(
    fc.property(locations, list => {
      // Records of a pack stand one behind the other, here with gaps for those that nobody wants.
      const ends = new Map<string, number>()
      const all = list.map(([pack, gap, length]) => {
        const offset = (ends.get(pack) ?? 64) + gap
        ends.set(pack, offset + recordSize(length))
        return location(pack, offset, length)
      })
      const plan = planGets(all, limits)
      expect(plan.flatMap(get => get.wanted).length).toBe(all.length)
      for (const { pack, offset, length, wanted } of plan) {
        if (wanted.length > 1) expect(length).toBeLessThanOrEqual(limits.joinLimit)
        for (const { pack: own, entry } of wanted) {
          expect(own.ulid).toBe(pack.ulid)
          expect(entry.offset).toBeGreaterThanOrEqual(offset)
          expect(entry.offset + recordSize(entry.ciphertextLength)).toBeLessThanOrEqual(
            offset + length,
          )
        }
      }
    }),
  )
})
