import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferPool } from '#repository/write/buffer-pool.ts'

test('what was given back comes again', () => {
  const pool = new BufferPool(1000)
  const buffer = pool.take(100)
  expect(buffer).toHaveLength(100)
  expect(buffer.buffer).toBeInstanceOf(SharedArrayBuffer)
  pool.give(buffer)
  expect(pool.take(200)).not.toBe(buffer)
  expect(pool.take(100)).toBe(buffer)
})

test('nobody has the same memory at the same time, and no more is held than the limit or what is lent', () => {
  const limit = 1000
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.nat(3), fc.nat(9)), { maxLength: 60 }),
      steps => {
        const pool = new BufferPool(limit)
        const lent: Uint8Array[] = []
        for (const [takes, kind, pick] of steps) {
          if (takes) {
            const buffer = pool.take(50 * 2 ** kind)
            expect(lent).not.toContain(buffer)
            lent.push(buffer)
          } else {
            const [buffer] = lent.splice(pick, 1)
            if (buffer) pick % 3 === 0 ? pool.lose(buffer) : pool.give(buffer)
          }
          const bytes = lent.reduce((sum, { length }) => sum + length, 0)
          expect(pool.size).toBeLessThanOrEqual(Math.max(limit, bytes))
          expect(pool.size).toBeGreaterThanOrEqual(bytes)
        }
      },
    ),
  )
})
