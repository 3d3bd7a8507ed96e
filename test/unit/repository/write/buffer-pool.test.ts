import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferPool, slotSize } from '#repository/write/buffer-pool.ts'

const PAGE = 4096
const SLAB = 16 * 1024 * 1024

test('memory begins with a page, may be shared by threads, and comes again when it was given back', () => {
  const pool = new BufferPool(SLAB)
  const buffer = pool.take(100)
  expect(buffer).toHaveLength(100)
  expect(buffer.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(buffer.byteOffset % PAGE).toBe(0)
  const other = pool.take(100)
  expect(other.byteOffset).not.toBe(buffer.byteOffset)
  pool.give(buffer)
  const again = pool.take(50)
  expect([again.buffer, again.byteOffset]).toEqual([buffer.buffer, buffer.byteOffset])
})

test('a slab that nobody uses is cut anew for another size', () => {
  const pool = new BufferPool(SLAB)
  const buffer = pool.take(PAGE)
  pool.give(buffer)
  expect(pool.take(3 * PAGE).buffer).toBe(buffer.buffer)
  expect(pool.size).toBe(SLAB)
})

test('memory that somebody may still be looking at is never lent again', () => {
  const pool = new BufferPool(SLAB)
  const lost = pool.take(PAGE)
  pool.lose(lost)
  expect(pool.size).toBe(0)
  expect(pool.take(PAGE).buffer).not.toBe(lost.buffer)
})

test('slots come in few sizes', () => {
  const MiB = 1024 * 1024
  expect([1, 65_537, MiB, MiB + 1, 8 * MiB + 1].map(slotSize)).toEqual([
    ...[65_536, 131_072, MiB, 8 * MiB, 16 * MiB],
  ])
})

test('nobody has the same memory at the same time; above the limit nothing is kept that nobody uses', () => {
  const sizes = [PAGE, 5 * PAGE, SLAB / 2, SLAB + 1]
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.nat(3), fc.nat(9)), { maxLength: 60 }),
      steps => {
        const pool = new BufferPool(SLAB)
        const lent: Uint8Array[] = []
        for (const [takes, kind, pick] of steps) {
          if (takes) {
            const buffer = pool.take(sizes[kind] as number)
            for (const other of lent) expect(overlap(buffer, other)).toBe(false)
            lent.push(buffer)
          } else {
            const [buffer] = lent.splice(pick, 1)
            if (buffer) pick % 3 === 0 ? pool.lose(buffer) : pool.give(buffer)
          }
        }
        for (const buffer of lent) pool.give(buffer)
        expect(pool.size).toBeLessThanOrEqual(SLAB)
      },
    ),
    { numRuns: 50 },
  )
})

const overlap = (a: Uint8Array, b: Uint8Array): boolean =>
  a.buffer === b.buffer &&
  a.byteOffset < b.byteOffset + b.length &&
  b.byteOffset < a.byteOffset + a.length
