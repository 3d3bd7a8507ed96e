import { expect, test } from 'vitest'
import { count, formatBytes, formatDuration, formatRate, timeFormat } from '#cli/output/units.ts'

test.each([
  [0, '0 B'],
  [1, '1 B'],
  [1_023, '1023 B'],
  [1_024, '1.00 KiB'],
  [1_536, '1.50 KiB'],
  [10_230, '9.99 KiB'],
  [10_240, '10.0 KiB'],
  [102_400, '100 KiB'],
  [1_048_575, '1.00 MiB'],
  [64 * 1024 ** 2, '64.0 MiB'],
  [5 * 1024 ** 4, '5.00 TiB'],
  [2 ** 53, '8.00 PiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0, '0.0 s'],
  [0.44, '0.4 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [61, '1 min 01 s'],
  [3_599.6, '1 h 00 min'],
  [7_500, '2 h 05 min'],
  [86_400 * 3 + 4 * 3_600, '3 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})

test('a rate that is not known is not shown', () => {
  expect(formatRate(undefined)).toBe('')
  expect(formatRate(0)).toBe('')
  expect(formatRate(118 * 1024 ** 2)).toBe('118 MiB/s')
})

test('times name their zone, on both sides of a change of the clock', () => {
  const time = timeFormat('Europe/Berlin')
  expect(time(Date.UTC(2026, 10, 22, 14, 7, 6))).toBe('2026-11-22 15:07:06 CET')
  expect(time(Date.UTC(2026, 6, 1, 22, 30, 0))).toBe('2026-07-02 00:30:00 CEST')
  expect(timeFormat('UTC')(0)).toBe('1970-01-01 00:00:00 UTC')
})

test('counts are one or many', () => {
  expect(count(1, 'VM')).toBe('1 VM')
  expect(count(0, 'disk')).toBe('0 disks')
  expect(count(12_345, 'block')).toBe('12,345 blocks')
})
