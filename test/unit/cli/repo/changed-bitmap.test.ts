import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BITMAP_BLOCK, changedChunks, parseBitmap } from '#cli/repo/changed-bitmap.ts'

const NOWHERE = Number.POSITIVE_INFINITY
const MiB = 1024 * 1024

describe('a bitmap of changes', () => {
  test('has the most significant bit first', () => {
    // Blocks 0 and 9 of 16: 0b10000000, 0b01000000.
    const bitmap = parseBitmap('gEA=\n', 16 * BITMAP_BLOCK)
    expect([...bitmap]).toEqual([0x80, 0x40])
    const size = 16 * BITMAP_BLOCK
    expect(changedChunks(bitmap, { size, chunkSize: BITMAP_BLOCK, from: NOWHERE })).toEqual([0, 9])
    expect(changedChunks(bitmap, { size, chunkSize: MiB, from: NOWHERE })).toEqual([0])
  })

  test('may be broken over lines', () => {
    expect([...parseBitmap('AA\nAA\r\n AAA= ', 40 * BITMAP_BLOCK)]).toEqual([0, 0, 0, 0, 0])
  })

  test.each([
    ['no base64', 'nonsense!', 'it is not base64'],
    ['cut off', 'AAA', 'it is not base64'],
    ['of a smaller disk', 'AA==', 'it has 1 bytes, and a disk of 1048576 bytes takes 2'],
    ['of a larger disk', 'AAAA', 'it has 3 bytes, and a disk of 1048576 bytes takes 2'],
    ['empty', '', 'it has 0 bytes, and a disk of 1048576 bytes takes 2'],
  ])('is refused when it is %s', (_, text, reason) => {
    expect(() => parseBitmap(text, MiB)).toThrow(reason)
  })

  test('is refused when it marks what is not there', () => {
    expect(() => parseBitmap('AQ==', 7 * BITMAP_BLOCK)).toThrow('beyond the end of the disk')
    expect([...parseBitmap('Ag==', 7 * BITMAP_BLOCK)]).toEqual([2])
  })

  test('counts what the disk grew by as changed', () => {
    const size = 4 * MiB
    const none = Buffer.alloc(8)
    const chunks = changedChunks(none, { size, chunkSize: MiB, from: 2 * MiB + 1 })
    expect(chunks).toEqual([2, 3])
  })

  test('names just the chunks that hold a marked block', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(1, 2, 16, 64),
        (marks, perChunk) => {
          const bitmap = Buffer.alloc(Math.ceil(marks.length / 8))
          for (const [block, mark] of marks.entries())
            if (mark) bitmap[block >> 3] = (bitmap[block >> 3] as number) | (0x80 >> (block & 7))
          const size = marks.length * BITMAP_BLOCK
          const chunkSize = perChunk * BITMAP_BLOCK
          const expected = new Set(
            marks.flatMap((mark, block) => (mark ? [Math.floor(block / perChunk)] : [])),
          )
          expect(changedChunks(bitmap, { size, chunkSize, from: NOWHERE })).toEqual([...expected])
        },
      ),
    )
  })
})
