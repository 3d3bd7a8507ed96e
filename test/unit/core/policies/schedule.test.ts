import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldText, parseCron } from '#core/policies/cron.ts'
import { nextTimes, skippedTimes, timesUntil, windowEnd } from '#core/policies/schedule.ts'
import { instantsOf, wallOf } from '#core/policies/zone.ts'

const HOUR = 3_600_000
const iso = (instant: number) => new Date(instant).toISOString().replace(':00.000Z', 'Z')

const next = (cron: string, timeZone: string, from: string, n: number) =>
  nextTimes({ cron, timeZone }, Date.parse(from), n).map(iso)

/**
 * The days on which clocks change, as EventBridge Scheduler documents it (User Guide, "Schedule types", daylight savings time): a time that does not
 * exist is skipped, one that comes twice is taken once. Instants by the IANA time zone database.
 */
test.each([
  // Vienna: 2027-03-28 02:00 CET -> 03:00 CEST; 2026-10-25 03:00 CEST -> 02:00 CET
  ['Europe/Vienna', '30 2 * * *', '2027-03-27T00:00Z', ['2027-03-27T01:30Z', '2027-03-29T00:30Z']],
  ['Europe/Vienna', '30 3 * * *', '2027-03-27T00:00Z', ['2027-03-27T02:30Z', '2027-03-28T01:30Z']],
  ['Europe/Vienna', '0 3 * * *', '2027-03-27T12:00Z', ['2027-03-28T01:00Z', '2027-03-29T01:00Z']],
  ['Europe/Vienna', '30 2 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
  ['Europe/Vienna', '30 2 * * *', '2026-10-25T00:45Z', ['2026-10-26T01:30Z', '2026-10-27T01:30Z']],
  // New York: 2027-03-14 02:00 EST -> 03:00 EDT; 2026-11-01 02:00 EDT -> 01:00 EST
  [
    'America/New_York',
    '30 2 * * *',
    '2027-03-13T12:00Z',
    ['2027-03-15T06:30Z', '2027-03-16T06:30Z'],
  ],
  [
    'America/New_York',
    '30 1 * * *',
    '2026-10-31T12:00Z',
    ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
  ],
  // Lord Howe changes by half an hour: 2026-10-04 02:00 -> 02:30; 2027-04-04 02:00 -> 01:30
  [
    'Australia/Lord_Howe',
    '15 2 * * *',
    '2026-10-02T16:00Z',
    ['2026-10-04T15:15Z', '2026-10-05T15:15Z'],
  ],
  [
    'Australia/Lord_Howe',
    '45 1 * * *',
    '2027-04-02T16:00Z',
    ['2027-04-03T14:45Z', '2027-04-04T15:15Z'],
  ],
  // A zone without changes, and one that is 13 h 45 min ahead.
  ['UTC', '30 2 * * *', '2027-03-28T00:00Z', ['2027-03-28T02:30Z', '2027-03-29T02:30Z']],
  ['Pacific/Chatham', '0 0 * * *', '2026-12-31T00:00Z', ['2026-12-31T10:15Z', '2027-01-01T10:15Z']],
])('%s, "%s" from %s', (timeZone, cron, from, times) => {
  expect(next(cron, timeZone, from, 2)).toStrictEqual(times)
})

test('an hourly schedule has no run in the hour that is left out, and one in the hour that comes twice', () => {
  const spring = next('0 * * * *', 'Europe/Vienna', '2027-03-27T23:30Z', 3)
  expect(spring).toStrictEqual(['2027-03-28T00:00Z', '2027-03-28T01:00Z', '2027-03-28T02:00Z'])
  const autumn = next('0 * * * *', 'Europe/Vienna', '2026-10-24T23:30Z', 3)
  expect(autumn).toStrictEqual(['2026-10-25T00:00Z', '2026-10-25T02:00Z', '2026-10-25T03:00Z'])
})

test('what the clocks leave out is told', () => {
  const skipped = skippedTimes(
    { cron: '30 2 * * *', timeZone: 'Europe/Vienna' },
    { from: Date.parse('2026-11-23'), until: Date.parse('2028-11-23'), n: 5 },
  )
  expect(skipped.map(iso)).toStrictEqual(['2027-03-28T02:30Z', '2028-03-26T02:30Z'])
})

test.each([
  ['0 3 * * SUN#1', ['2026-12-06T03:00Z', '2027-01-03T03:00Z']],
  ['0 3 * * FRI#L', ['2026-11-27T03:00Z', '2026-12-25T03:00Z']],
  ['0 3 L * *', ['2026-11-30T03:00Z', '2026-12-31T03:00Z']],
  ['0 3 29 2 *', ['2028-02-29T03:00Z', '2032-02-29T03:00Z']],
  ['0 22 * * 1-5', ['2026-11-23T22:00Z', '2026-11-24T22:00Z']],
  ['0 22 * * 7', ['2026-11-29T22:00Z', '2026-12-06T22:00Z']],
  ['*/20 8-9 1 JAN,JUL *', ['2027-01-01T08:00Z', '2027-01-01T08:20Z']],
])('"%s"', (cron, times) => {
  expect(next(cron, 'UTC', '2026-11-23T00:00Z', 2)).toStrictEqual(times)
})

test.each([
  ['0 0 * *', 'has 4 fields instead of five'],
  ['60 0 * * *', 'has "60" as minute'],
  ['0 24 * * *', 'has "24" as hour'],
  ['0 0 5-3 * *', 'has "5-3" as day of the month'],
  ['0 0 * * MON-', 'has "MON-" as day of the week'],
  ['0 0 1 * MON', 'one of the two has to be "*"'],
  ['0 0 ? * MON', 'has "?" as day of the month'],
  ['*/0 * * * *', 'has "*/0" as minute'],
  ['0 0 1W * *', 'has "1W" as day of the month'],
  ['@daily x x x x', 'has "@DAILY" as minute'],
])('"%s" is refused by name', (cron, words) => {
  expect(() => parseCron(cron)).toThrow(
    expect.objectContaining({ code: 'POLICY_INVALID', message: expect.stringContaining(words) }),
  )
})

const zones = fc.constantFrom(
  ...[
    'Europe/Vienna',
    'America/New_York',
    'Australia/Lord_Howe',
    'UTC',
    'Asia/Kolkata',
    'Pacific/Apia',
  ],
)
const instants = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2040, 0, 1) })
const field = (min: number, max: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min, max }).map(String),
    fc.integer({ min: 2, max: 9 }).map(step => `*/${step}`),
    fc
      .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  )
const crons = fc
  .tuple(field(0, 59), field(0, 23), fc.boolean(), field(1, 28), field(0, 6))
  .map(([minute, hour, byDay, day, weekday]) =>
    byDay ? `${minute} ${hour} ${day} * *` : `${minute} ${hour} * * ${weekday}`,
  )

test('times ascend, never come twice, are after the start, and are what clocks of the zone show for the first time', () => {
  fc.assert(
    fc.property(crons, zones, instants, (cron, timeZone, from) => {
      const times = nextTimes({ cron, timeZone }, from, 12)
      const { minutes, hours, weekdays } = parseCron(cron)
      const shown = times.map(time => wallOf(timeZone, time))
      times.forEach((time, index) => {
        expect(time).toBeGreaterThan(times[index - 1] ?? from)
        const wall = new Date(shown[index] ?? 0)
        if (minutes !== 'all') expect(minutes).toContain(wall.getUTCMinutes())
        if (hours !== 'all') expect(hours).toContain(wall.getUTCHours())
        if (Array.isArray(weekdays)) expect(weekdays).toContain(wall.getUTCDay())
        expect(wall.getUTCSeconds()).toBe(0)
        expect(instantsOf(timeZone, wall.getTime())[0]).toBe(time)
      })
      expect(new Set(shown).size).toBe(times.length)
    }),
    { numRuns: 100 },
  )
})

test('where one starts to look makes no difference to what comes', () => {
  fc.assert(
    fc.property(crons, zones, instants, fc.nat(24 * HOUR), (cron, timeZone, from, later) => {
      const schedule = { cron, timeZone }
      const until = from + 30 * HOUR
      const all = timesUntil(schedule, { from, until, n: 2_000 })
      const rest = timesUntil(schedule, { from: from + later, until, n: 500 })
      expect(rest).toStrictEqual(all.filter(time => time > from + later).slice(0, 500))
    }),
    { numRuns: 25 },
  )
})

test('a field written out names what it named before', () => {
  fc.assert(
    fc.property(crons, cron => {
      const { minutes, hours } = parseCron(cron)
      const again = parseCron(`${fieldText(minutes)} ${fieldText(hours)} * * *`)
      expect(again).toMatchObject({ minutes, hours })
    }),
  )
})

test.each([
  ['22:00', '06:00', 'Europe/Vienna', '2026-11-22T23:00Z', '2026-11-23T05:00Z'],
  ['22:00', '06:00', 'Europe/Vienna', '2026-11-22T04:59Z', '2026-11-22T05:00Z'],
  ['22:00', '06:00', 'Europe/Vienna', '2026-11-22T05:00Z', undefined],
  ['22:00', '06:00', 'Europe/Vienna', '2026-11-22T12:00Z', undefined],
  ['01:00', '05:00', 'UTC', '2026-11-22T01:00Z', '2026-11-22T05:00Z'],
  // The night that is an hour shorter, and the one that is longer.
  ['22:00', '06:00', 'Europe/Vienna', '2027-03-27T22:00Z', '2027-03-28T04:00Z'],
  ['22:00', '06:00', 'Europe/Vienna', '2026-10-24T21:00Z', '2026-10-25T05:00Z'],
  // An end that the clocks leave out, and one that they show twice.
  ['22:00', '02:30', 'Europe/Vienna', '2027-03-27T22:00Z', '2027-03-28T01:00Z'],
  ['22:00', '02:30', 'Europe/Vienna', '2026-10-24T21:00Z', '2026-10-25T01:30Z'],
])('a window from %s to %s in %s at %s closes at %s', (from, to, timeZone, now, end) => {
  const closes = windowEnd({ from, to, timeZone }, Date.parse(now))
  expect(closes === undefined ? undefined : iso(closes)).toBe(end)
})
