import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lockUntil, requiredUntil } from '#repository/lock/generation.ts'

const DAY = 86_400_000 // ms
const iso = (time: number) => new Date(time).toISOString()

// 2026-11-22 is day 20,779 since 1970: the generations around it begin on days 20,770 (11-13), 20,780 (11-23) …
test.each([
  ['2026-11-22T12:00:00Z', 1, '2026-12-13T00:00:00.000Z'],
  ['2026-11-22T00:00:00Z', 1, '2026-12-03T00:00:00.000Z'],
  ['2026-11-22T00:00:01Z', 1, '2026-12-13T00:00:00.000Z'],
  ['2026-11-22T12:00:00Z', 14, '2026-12-23T00:00:00.000Z'],
  ['2026-11-22T12:00:00Z', 30, '2027-01-02T00:00:00.000Z'],
  ['2026-11-22T12:00:00Z', 365, '2027-12-08T00:00:00.000Z'],
])('%s and %i days: until %s', (now, days, until) => {
  expect(iso(lockUntil(Date.parse(now), { mode: 'governance', days }))).toBe(until)
})

test('a lock holds ten to twenty days more than asked, so reuse extends it only each tenth day', () => {
  const time = fc.integer({ min: 0, max: Date.parse('2200-01-01') })
  fc.assert(
    fc.property(time, fc.integer({ min: 1, max: 36_500 }), (now, days) => {
      const policy = { mode: 'compliance', days } as const
      const until = lockUntil(now, policy)
      const spare = until - requiredUntil(now, policy)
      expect(requiredUntil(now, policy)).toBe(now + days * DAY)
      expect(spare).toBeGreaterThanOrEqual(10 * DAY)
      expect(spare).toBeLessThan(20 * DAY)
      expect(until % (10 * DAY)).toBe(0)
      expect(requiredUntil(now + 10 * DAY, policy)).toBeLessThanOrEqual(until)
    }),
    { seed: 3 },
  )
})
