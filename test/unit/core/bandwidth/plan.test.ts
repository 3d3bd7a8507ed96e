import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { rateAt } from '#core/bandwidth/plan.ts'
import { BandwidthEntry, BandwidthPlan, rateOf } from '#core/contracts/bandwidth.ts'

const entry = (text: Partial<BandwidthEntry>) => BandwidthEntry.parse({ rate: '1MB/s', ...text })
const berlin = (text: string, ...entries: Partial<BandwidthEntry>[]) =>
  rateAt(entries.map(entry), 'Europe/Berlin')(Date.parse(text))

describe('a plan', () => {
  it.for<[string, Partial<BandwidthEntry>, string, number | undefined]>([
    ['begins with its first minute', { from: '08:00', to: '18:00' }, '2026-11-23T08:00+01:00', 1e6],
    ['is over with the last', { from: '08:00', to: '18:00' }, '2026-11-23T18:00+01:00', undefined],
    ['has days', { days: 'mon-fri' }, '2026-11-22T12:00+01:00', undefined],
    ['goes over the weekend', { days: 'fri-mon' }, '2026-11-22T12:00+01:00', 1e6],
    ['has single days', { days: 'wed,sun' }, '2026-11-22T12:00+01:00', 1e6],
    [
      'overnight belongs to the day on which it began',
      { from: '22:00', to: '06:00', days: 'fri' },
      '2026-11-28T05:59+01:00',
      1e6,
    ],
    [
      'and not to the morning of that day',
      { from: '22:00', to: '06:00', days: 'fri' },
      '2026-11-27T05:59+01:00',
      undefined,
    ],
    ['is the whole day unless told', {}, '2026-11-22T00:00+01:00', 1e6],
  ])('%s', ([, given, instant, rate]) => expect(berlin(instant, given)).toBe(rate))

  it('takes the lowest of several', () => {
    const lower = { from: '12:00', to: '13:00', rate: '500KB/s' }
    expect(berlin('2026-11-22T12:30+01:00', {}, lower)).toBe(500_000)
    expect(berlin('2026-11-22T13:30+01:00', {}, lower)).toBe(1e6)
  })

  it('follows the clock on the wall where it is put back or forward', () => {
    const night = { from: '02:00', to: '03:00' }
    // 25 October 2026: 02:30 comes twice.
    expect(berlin('2026-10-25T02:30+02:00', night)).toBe(1e6)
    expect(berlin('2026-10-25T02:30+01:00', night)).toBe(1e6)
    // 29 March 2026: after 01:59 comes 03:00.
    expect(berlin('2026-03-29T01:59+01:00', night)).toBeUndefined()
    expect(berlin('2026-03-29T03:00+02:00', night)).toBeUndefined()
  })
})

test('every minute is in exactly one of a window and its complement', () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(parts => parts.map(part => String(part).padStart(2, '0')).join(':'))
  const instant = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') })
  fc.assert(
    fc.property(time, time, instant, (from, to, at) => {
      fc.pre(from !== to)
      const inside = rateAt([entry({ from, to })], 'Europe/Berlin')(at) !== undefined
      const outside = rateAt([entry({ from: to, to: from })], 'Europe/Berlin')(at) !== undefined
      expect(inside).toBe(!outside)
    }),
  )
})

test('rates', () => {
  expect(rateOf('50MB/s')).toBe(50_000_000)
  expect(rateOf('1.5GiB/s')).toBe(1.5 * 1024 ** 3)
  const issues = (given: unknown) =>
    BandwidthPlan.safeParse(given).error?.issues.map(({ message }) => message)
  expect(issues({ toRepository: [{ rate: '50' }] })).toEqual(['must be a rate such as 50MB/s'])
  expect(issues({ toRepository: [{ rate: '1KB/s' }] })).toEqual(['must be at least 64KB/s'])
  expect(issues({ toRepository: [{ rate: '1MB/s', days: 'workdays' }] })).toEqual([
    'must be days such as mon-fri or sat,sun',
  ])
  expect(issues({ timeZone: 'Mars/Olympus' })).toEqual([
    'must be a time zone such as Europe/Berlin',
  ])
})
