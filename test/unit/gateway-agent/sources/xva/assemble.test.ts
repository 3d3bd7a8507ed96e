import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DiskExtent, DiskRange } from '#gateway-agent/sources/api.ts'
import { intersection } from '#gateway-agent/sources/ranges.ts'
import { assembler } from '#gateway-agent/sources/xva/assemble.ts'

/** Chunks of four bytes: the arithmetic is the same. */
const CHUNK = 4

test('chunks hold what was pushed, everything else of what is wanted is zero, memory is neither lost nor lent twice', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 7 })), { maxLength: 12 }),
      fc.uniqueArray(fc.nat(14)),
      async (size, gaps, chunks) => {
        const disk = Buffer.alloc(size)
        const pieces: { offset: number; bytes: Buffer }[] = []
        let at = 0
        for (const [gap, length] of gaps) {
          const offset = at + gap
          if (offset + length > size) break
          at = offset + length
          disk.fill(1 + (offset % 200), offset, at)
          pieces.push({ offset, bytes: disk.subarray(offset, at) })
        }
        const wanted: DiskRange[] = intersection(
          chunks.sort((a, b) => a - b).map(chunk => ({ offset: chunk * CHUNK, length: CHUNK })),
          [{ offset: 0, length: size }],
        )
        let lent = 0
        const out = assembler(wanted, CHUNK, {
          buffer: async () => {
            lent++
            return Buffer.alloc(CHUNK, 0xff)
          },
          giveBack: () => {
            lent--
          },
        })
        const extents: DiskExtent[] = []
        for (const { offset, bytes } of pieces)
          for await (const extent of out.push(offset, bytes)) extents.push(extent)
        for await (const extent of out.finish()) extents.push(extent)
        const result = Buffer.alloc(size, 0xee)
        let position = 0
        for (const extent of extents) {
          const length = extent.zero ? extent.length : extent.bytes.length
          expect(extent.offset).toBeGreaterThanOrEqual(position)
          position = extent.offset + length
          if (extent.zero) result.fill(0, extent.offset, position)
          else {
            lent--
            result.set(extent.bytes, extent.offset)
          }
        }
        const expected = Buffer.alloc(size, 0xee)
        for (const { offset, length } of wanted)
          disk.copy(expected, offset, offset, offset + length)
        expect(result).toEqual(expected)
        expect(lent).toBe(0)
      },
    ),
  ))
