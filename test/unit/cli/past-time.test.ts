import { expect, test } from 'vitest'
import { pastTime } from '#cli/commands/past-time.ts'

const NOW = Date.UTC(2026, 10, 22, 12)

test.each([
  ['24h', NOW - 86_400_000],
  ['7d', NOW - 7 * 86_400_000],
  ['90min', NOW - 5_400_000],
  ['999999d', 0],
  ['2026-11-22T06:00Z', Date.UTC(2026, 10, 22, 6)],
  ['2026-11-22', Date.UTC(2026, 10, 22)],
])('%s', (text, time) => {
  expect(pastTime('--since', text, NOW)).toBe(time)
})

test.each(['', 'yesterday', '7', '-1d', '2026-13-01', '1.5h'])('"%s" is no time', text => {
  expect(() => pastTime('--since', text, NOW)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: `--since "${text}" is no time.` }),
  )
})
