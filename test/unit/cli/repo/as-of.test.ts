import { expect, test } from 'vitest'
import { parseAsOf } from '#cli/repo/as-of.ts'

const NOW = Date.parse('2026-11-22T20:00:00Z')

test.each([
  ['2026-11-22T14:30:00Z', '2026-11-22T14:30:00Z'],
  ['2026-11-22t14:30:00z', '2026-11-22T14:30:00Z'],
  ['2026-11-22T14:30:00+01:00', '2026-11-22T13:30:00Z'],
  ['2026-11-22 14:30-05:30', '2026-11-22T20:00:00Z'],
  ['2026-11-22T14:30:15.250Z', '2026-11-22T14:30:15Z'],
  ['2024-02-29 00:00Z', '2024-02-29T00:00:00Z'],
])('%s is a time', (text, expected) => {
  expect(new Date(parseAsOf(text, NOW)).toISOString()).toBe(new Date(expected).toISOString())
})

test('without an offset it is the time of this machine', () => {
  expect(parseAsOf('2026-01-02 03:04', NOW)).toBe(new Date(2026, 0, 2, 3, 4).getTime())
})

test.each([
  ['yesterday', 'is no time.'],
  ['', 'is no time.'],
  ['2026-11-22', 'is no time.'],
  ['22.11.2026 14:30', 'is no time.'],
  ['1763820000', 'is no time.'],
  ['2026-11-22T14:30:00Z; rm', 'is no time.'],
  ['2026-02-30T14:30:00Z', 'There is no such time as'],
  ['2026-11-22T25:00:00Z', 'There is no such time as'],
  ['2026-11-22T14:30:00+99:00', 'There is no such time as'],
])('%j is refused, with the forms that are accepted', (text, message) => {
  expect(() => parseAsOf(text, NOW)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringContaining(message),
      advice: expect.stringContaining('2026-11-22T14:30:00Z'),
    }),
  )
})

test('the future is refused', () => {
  expect(() => parseAsOf('2026-11-22T20:00:01Z', NOW)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('in the future') }),
  )
})
