import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CBT_BLOCK, changedRanges, covers } from '#gateway-agent/sources/changed-blocks.ts'
import {
  chunksIn,
  lengthOf,
  rangesFrom,
  union,
  windowsOver,
} from '#gateway-agent/sources/ranges.ts'

const MIB = 1024 * 1024

/** A disk of some size and which of its 64 KiB blocks changed. */
const changes = fc.integer({ min: 1, max: 40 * MIB }).chain(size =>
  fc.record({
    size: fc.constant(size),
    changed: fc.uniqueArray(fc.integer({ min: 0, max: Math.ceil(size / CBT_BLOCK) - 1 })),
    chunkSize: fc.constantFrom(CBT_BLOCK, 4 * CBT_BLOCK, MIB, 2 * MIB),
  }),
)

const bitmapOf = (size: number, changed: readonly number[]): Buffer => {
  const bitmap = Buffer.alloc(Math.ceil(size / CBT_BLOCK / 8))
  for (const block of changed)
    bitmap[block >> 3] = (bitmap[block >> 3] ?? 0) | (0x80 >> (block & 7))
  return bitmap
}

test('the first bit of a byte is the most significant one', () => {
  expect(changedRanges(Buffer.from([0b0100_0001]), 8 * CBT_BLOCK, CBT_BLOCK)).toEqual([
    { offset: CBT_BLOCK, length: CBT_BLOCK },
    { offset: 7 * CBT_BLOCK, length: CBT_BLOCK },
  ])
})

test('neighbouring chunks become one range, and the last one ends with the disk', () => {
  const size = 4 * MIB + 512
  const bitmap = bitmapOf(size, [15, 16, 64])
  expect(changedRanges(bitmap, size, MIB)).toEqual([
    { offset: 0, length: 2 * MIB },
    { offset: 4 * MIB, length: 512 },
  ])
})

test('a bitmap that does not cover the disk says nothing', () => {
  expect(covers(Buffer.alloc(1), 8 * CBT_BLOCK)).toBe(true)
  expect(covers(Buffer.alloc(1), 8 * CBT_BLOCK + 1)).toBe(false)
})

test('exactly the chunks with a changed block are covered', () => {
  fc.assert(
    fc.property(changes, ({ size, changed, chunkSize }) => {
      const ranges = changedRanges(bitmapOf(size, changed), size, chunkSize)
      const covered = [...chunksIn(ranges, chunkSize)].map(({ offset }) => offset / chunkSize)
      const wanted = new Set(changed.map(block => Math.floor((block * CBT_BLOCK) / chunkSize)))
      expect(covered).toEqual([...wanted].sort((a, b) => a - b))
      for (const [index, { offset, length }] of ranges.entries()) {
        const next = ranges[index + 1]
        expect(next === undefined || offset + length < next.offset).toBe(true)
        expect(offset + length <= size).toBe(true)
      }
    }),
  )
})

test('windows over ranges and what is left behind a position add up to the whole', () => {
  fc.assert(
    fc.property(changes, fc.integer({ min: 10_000, max: 5 * MIB }), ({ size, changed }, step) => {
      const ranges = changedRanges(bitmapOf(size, changed), size, CBT_BLOCK) ?? []
      const windowOf = windowsOver(ranges)
      let sum = 0
      for (let at = 0; at < size; at += step) {
        const parts = windowOf(at, step)
        sum += lengthOf(parts)
        expect(lengthOf(ranges) - sum).toBe(lengthOf(rangesFrom(ranges, at + step)))
      }
      expect(sum).toBe(lengthOf(ranges))
    }),
  )
})

test('two lists of ranges become one, without overlap', () => {
  const range = (offset: number, end: number) => ({ offset, length: end - offset })
  expect(union([range(0, 2), range(6, 8)], [range(1, 3), range(4, 6), range(7, 8)])).toEqual([
    range(0, 3),
    range(4, 8),
  ])
  expect(union([], [range(3, 4)])).toEqual([range(3, 4)])
  fc.assert(
    fc.property(fc.array(fc.nat(60)), fc.array(fc.nat(60)), (a, b) => {
      const ranges = (cells: number[]) =>
        [...new Set(cells)].sort((x, y) => x - y).map(cell => range(cell, cell + 1))
      const joined = union(ranges(a), ranges(b))
      const covered = joined.flatMap(({ offset, length }) =>
        Array.from({ length }, (_, i) => offset + i),
      )
      expect(covered).toEqual([...new Set([...a, ...b])].sort((x, y) => x - y))
    }),
  )
})
