import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { Cutter } from '#repository/write/cutter.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

const KiB = 1024
const MIN = 64 * KiB
const MAX = 1024 * KiB
const keysOf = (seed: number) =>
  deriveKeys(seededRandom(seed).bytes(32), seededRandom(seed + 1).bytes(16))
const gear = keysOf(1).gearTable

/** Lengths of all chunks but the last, which has no end. @param sizes of the pieces that are given, one after the other, again and again */
const lengthsOf = (content: Uint8Array, sizes: readonly number[], table = gear): number[] => {
  const cutter = new Cutter(table)
  const lengths: number[] = []
  let length = 0
  for (let start = 0, i = 0; start < content.length; i++) {
    const piece = content.subarray(start, start + (sizes[i % sizes.length] as number))
    for (let at = 0; at < piece.length; ) {
      const end = cutter.next(piece, at)
      length += (end < 0 ? piece.length : end) - at
      if (end < 0) break
      lengths.push(length)
      length = 0
      at = end
    }
    start += piece.length
  }
  return lengths
}
const ends = (lengths: readonly number[]) => {
  let sum = 0
  return lengths.map(length => {
    sum += length
    return sum
  })
}

const content = Buffer.from(seededRandom(7).bytes(24 * 1024 * KiB))
const whole = lengthsOf(content, [content.length])

describe('cuts', () => {
  test('lie between 64 KiB and 1 MiB, 256 KiB apart in the mean', () => {
    expect(Math.min(...whole)).toBeGreaterThanOrEqual(MIN)
    expect(Math.max(...whole)).toBeLessThanOrEqual(MAX)
    const mean = (ends(whole).at(-1) as number) / whole.length
    expect(mean).toBeGreaterThan(200 * KiB)
    expect(mean).toBeLessThan(310 * KiB)
  })

  test('depend on the content alone, not on the pieces that it comes in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 * KiB }), { minLength: 1, maxLength: 6 }),
        sizes => {
          expect(lengthsOf(content.subarray(0, 3 * MAX), sizes)).toEqual(
            lengthsOf(content.subarray(0, 3 * MAX), [MAX]),
          )
        },
      ),
      { numRuns: 30 },
    )
  })

  test('are where they were soon behind bytes that were inserted, removed or changed', () => {
    const before = new Set(ends(whole))
    for (const [at, length, gone] of [
      [5_000_000, 1, 0],
      [9_000_123, 0, 1],
      [12_000_000, 70_000, 70_000],
      [333, 4_321, 17],
    ] as const) {
      const inserted = seededRandom(at).bytes(length)
      const changed = Buffer.concat([
        content.subarray(0, at),
        inserted,
        content.subarray(at + gone),
      ])
      const places = ends(lengthsOf(changed, [changed.length]))
      const shift = length - gone
      const other = places.filter(place => !before.has(place <= at ? place : place - shift))
      expect(other.length, `at ${at}`).toBeLessThanOrEqual(8)
      expect(places.length).toBeGreaterThan(60)
    }
  })

  test('of a row of equal bytes come at the largest length', () => {
    expect(lengthsOf(Buffer.alloc(3 * MAX + 5, 0), [100_000])).toEqual([MAX, MAX, MAX])
  })

  test('lie elsewhere in another repository: they are told by the key', () => {
    const other = new Set(ends(lengthsOf(content, [MAX], keysOf(2).gearTable)))
    expect(ends(whole).filter(place => other.has(place))).toEqual([])
  })
})
