import { expect, test } from 'vitest'
import { lockText } from '#core/points/lock-text.ts'

const until = Date.UTC(2027, 0, 10)

test.each([
  [undefined, 'not known'],
  [null, 'not locked'],
  [{ mode: 'governance' as const, until, asked: 0 }, 'until 2027-01-10 00:00 UTC (governance)'],
  [{ mode: 'compliance' as const, until, asked: 0 }, 'until 2027-01-10 00:00 UTC (compliance)'],
])('%j', (lock, text) => {
  expect(lockText({ lock }, until - 1)).toBe(text)
})

test('a lock that has ended is none', () => {
  expect(lockText({ lock: { mode: 'compliance', until, asked: 0 } }, until)).toBe('not locked')
})
