import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Retention } from '#core/contracts/policies.ts'
import { decideRetention, type RetainedPoint } from '#core/policies/retention.ts'
import { shortenedBy } from '#core/policies/shortened.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const VM = '00000000-0000-4000-8000-000000000001'

const point = (taken: number | string, more: Partial<RetainedPoint> = {}): RetainedPoint => {
  const at = typeof taken === 'string' ? Date.parse(taken) : taken
  return { pointId: `${at}`.padStart(15, '0'), vmUuid: VM, taken: at, ...more }
}

const keptTimes = (
  points: readonly RetainedPoint[],
  retention: unknown,
  { now = '2026-11-23T12:00Z', timeZone = 'UTC' } = {},
) => {
  const verdicts = decideRetention({
    ...{ points, retention: Retention.parse(retention), now: Date.parse(now), timeZone },
  })
  return points
    .filter((_, index) => verdicts[index]?.keep)
    .map(({ taken }) => new Date(taken).toISOString().slice(0, 16))
}

const nights = (from: string, count: number) =>
  Array.from({ length: count }, (_, index) => point(Date.parse(from) + index * DAY))

describe('which points stay', () => {
  test('the newest so many', () => {
    expect(keptTimes(nights('2026-11-01T22:00Z', 20), { last: 2 })).toStrictEqual([
      '2026-11-19T22:00',
      '2026-11-20T22:00',
    ])
  })

  test('what cannot be relied on is not counted, and says why', () => {
    const verdicts = decideRetention({
      points: [
        point('2026-11-20T22:00Z'),
        point('2026-11-21T22:00Z', { damaged: true }),
        point('2026-11-22T22:00Z', { vanished: 1 }),
        point('2099-01-01T00:00Z'),
      ],
      retention: Retention.parse({ last: 1 }),
      ...{ now: Date.parse('2026-11-23T12:00Z'), timeZone: 'UTC' },
    })
    expect(verdicts.map(({ keep, why }) => [keep, why[0]])).toStrictEqual([
      [true, 'The newest point of a VM always stays.'],
      [true, expect.stringContaining('found damage')],
      [true, expect.stringContaining('not in the repository')],
      [true, expect.stringContaining('has not come yet')],
    ])
    const older = decideRetention({
      points: [point('2026-11-19T22:00Z'), point('2026-11-20T22:00Z')],
      retention: Retention.parse({ last: 1 }),
      ...{ now: Date.parse('2026-11-23T12:00Z'), timeZone: 'UTC' },
    })
    expect(older.map(({ keep }) => keep)).toStrictEqual([false, true])
  })

  test('grandfather, father, son: days, weeks from Monday, months', () => {
    const kept = keptTimes(nights('2026-08-01T22:00Z', 114), { daily: 3, weekly: 3, monthly: 3 })
    expect(kept).toStrictEqual([
      '2026-09-30T22:00', // month
      '2026-10-31T22:00', // month
      '2026-11-08T22:00', // week: a Sunday
      '2026-11-15T22:00', // week
      '2026-11-20T22:00',
      '2026-11-21T22:00',
      '2026-11-22T22:00', // day, week, month
    ])
  })

  test('a day is one of its time zone', () => {
    const points = [point('2026-11-20T22:30Z'), point('2026-11-20T23:30Z')]
    expect(keptTimes(points, { daily: 5 })).toStrictEqual(['2026-11-20T23:30'])
    expect(keptTimes(points, { daily: 5 }, { timeZone: 'Europe/Vienna' })).toHaveLength(2)
  })

  test('an outage uses up nothing: days without points do not count', () => {
    const points = [...nights('2026-09-01T22:00Z', 3), point('2026-11-20T22:00Z')]
    expect(keptTimes(points, { daily: 4 })).toHaveLength(4)
  })

  test('age alone never takes the last point of a VM', () => {
    const points = nights('2026-01-01T22:00Z', 3)
    expect(keptTimes(points, { days: 7 })).toStrictEqual(['2026-01-03T22:00'])
    expect(keptTimes(points, { days: 7, atLeast: 2 })).toHaveLength(2)
  })

  test('the hour that clocks show twice is two hours, the day of 25 hours one day', () => {
    const points = [point('2026-10-25T00:30Z'), point('2026-10-25T01:30Z')] // both 02:30 in Vienna
    const zone = { timeZone: 'Europe/Vienna' }
    expect(keptTimes(points, { hourly: 2 }, zone)).toHaveLength(2)
    expect(keptTimes(points, { daily: 2 }, zone)).toHaveLength(1)
  })

  test('every VM is looked at by itself', () => {
    const other = point('2026-01-01T22:00Z', { vmUuid: VM.replace(/1$/, '2') })
    expect(keptTimes([...nights('2026-11-01T22:00Z', 5), other], { last: 1 })).toHaveLength(2)
  })

  test('points that were weaker than asked for do not push out the last sound one', () => {
    const weaker = { weakerBecause: 'VSS did not answer.' }
    const points = [
      point('2026-11-01T22:00Z'),
      point('2026-11-02T22:00Z'),
      ...nights('2026-11-03T22:00Z', 4).map(found => ({ ...found, ...weaker })),
    ]
    expect(keptTimes(points, { last: 2 })).toStrictEqual([
      '2026-11-02T22:00',
      '2026-11-05T22:00',
      '2026-11-06T22:00',
    ])
  })
})

test('why a point is still here, or not any more', () => {
  const now = Date.parse('2026-11-23T12:00Z')
  const lock = { mode: 'compliance' as const, until: now + DAY, asked: now }
  const points = [
    point('2026-11-10T22:00Z'),
    point('2026-11-11T22:00Z', { lock }),
    point('2026-11-12T22:00Z'),
    point('2026-11-22T10:00Z'),
    point('2026-11-22T22:00Z'),
  ]
  const [old, locked, held, morning, newest] = decideRetention({
    ...{ points, now, timeZone: 'Europe/Vienna' },
    retention: Retention.parse({ daily: 1, weekly: 1, days: 7 }),
    holds: [{ pointId: points[2]?.pointId ?? '', reason: 'Case 47/2026.' }],
  }).map(({ keep, why }) => ({ keep, why }))
  expect(old).toStrictEqual({
    keep: false,
    why: [
      'It is not younger than 7 days.',
      'The day 2026-11-10 is not the newest with points.',
      'The week of 2026-11-09 is not the newest with points.',
    ],
  })
  expect(locked).toStrictEqual({
    keep: true,
    why: ['It is locked in compliance mode until 2026-11-24 12:00 UTC.'],
  })
  expect(held).toStrictEqual({ keep: true, why: ['A legal hold keeps it: Case 47/2026.'] })
  expect(morning?.why).toStrictEqual(['It is younger than 7 days.'])
  expect(newest?.why).toStrictEqual([
    'The newest point of a VM always stays.',
    'It is younger than 7 days.',
    'It stands for the day 2026-11-22, the newest with points.',
    'It stands for the week of 2026-11-16, the newest with points.',
  ])
})

const START = Date.UTC(2026, 9, 20) // clocks change within
const points = fc
  .uniqueArray(fc.integer({ min: 0, max: 400 * 24 }), { minLength: 1, maxLength: 60 })
  .chain(hours =>
    fc.tuple(
      ...hours.map(hour =>
        fc.record({ weak: fc.boolean(), vm: fc.integer({ min: 1, max: 2 }) }).map(({ weak, vm }) =>
          point(START + hour * HOUR, {
            vmUuid: VM.replace(/1$/, `${vm}`),
            ...(weak && { weakerBecause: 'It was crash-consistent.' }),
          }),
        ),
      ),
    ),
  )
const count = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined })
const retentions = fc
  .record({
    ...{ last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count },
    days: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    atLeast: fc.integer({ min: 1, max: 3 }),
  })
  .map(given =>
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  )
  .map(rules => (Object.keys(rules).length > 1 ? rules : { ...rules, last: 1 }))
  .map(rules => Retention.parse(rules))
const zones = fc.constantFrom('UTC', 'Europe/Vienna', 'Australia/Lord_Howe', 'America/New_York')
const nows = fc.integer({ min: START, max: START + 500 * DAY })

const kept = (
  of: readonly RetainedPoint[],
  retention: Retention,
  timeZone: string,
  now: number,
): Set<string> =>
  new Set(
    decideRetention({ points: of, retention, timeZone, now }).flatMap(({ pointId, keep }) =>
      keep ? [pointId] : [],
    ),
  )

describe('laws', () => {
  test('the last point of a VM stays, and at least as many as asked for', () => {
    fc.assert(
      fc.property(points, retentions, zones, nows, (all, retention, zone, now) => {
        const stays = kept(all, retention, zone, now)
        for (const ofVm of Map.groupBy(all, ({ vmUuid }) => vmUuid).values()) {
          const newest = [...ofVm].sort((a, b) => b.taken - a.taken).slice(0, retention.atLeast)
          for (const { pointId } of newest) expect(stays).toContain(pointId)
        }
      }),
    )
  })

  test('doing it twice does what doing it once did; the order of the points means nothing', () => {
    fc.assert(
      fc.property(points, retentions, zones, nows, (all, retention, zone, now) => {
        const once = kept(all, retention, zone, now)
        const left = all.filter(({ pointId }) => once.has(pointId)).reverse()
        expect(kept(left, retention, zone, now)).toStrictEqual(
          new Set(left.map(({ pointId }) => pointId)),
        )
        expect(kept([...all].reverse(), retention, zone, now)).toStrictEqual(once)
      }),
    )
  })

  test('expiring each time leaves what expiring once at the end leaves', () => {
    fc.assert(
      fc.property(points, retentions, zones, (all, retention, zone) => {
        let there: RetainedPoint[] = []
        const inTime = [...all].sort((a, b) => a.taken - b.taken)
        for (const made of inTime) {
          there.push(made)
          const stays = kept(there, retention, zone, made.taken)
          there = there.filter(({ pointId }) => stays.has(pointId))
        }
        const end = inTime.at(-1)?.taken ?? 0
        expect(new Set(there.map(({ pointId }) => pointId))).toStrictEqual(
          kept(all, retention, zone, end),
        )
      }),
    )
  })

  test('without new points nothing goes as time goes on, except by age', () => {
    fc.assert(
      fc.property(points, retentions, zones, nows, (any, { days: _, ...rules }, zone, now) => {
        const retention = { last: 1, ...rules }
        const all = any.filter(({ taken }) => taken <= now)
        expect(kept(all, retention, zone, now + 1_000 * DAY)).toStrictEqual(
          kept(all, retention, zone, now),
        )
      }),
    )
  })

  test('rules that are looser keep all that stricter ones keep; what keeps less is called shorter', () => {
    fc.assert(
      fc.property(points, retentions, retentions, zones, nows, (all, a, b, zone, now) => {
        const before = { retention: { ...a, timeZone: zone } }
        const after = { retention: { ...b, timeZone: zone } }
        const had = kept(all, a, zone, now)
        const has = kept(all, b, zone, now)
        if (shortenedBy(before, after).length === 0)
          for (const pointId of had) expect(has).toContain(pointId)
        const both = { ...a }
        for (const [rule, value] of Object.entries(b) as [keyof Retention, number][])
          Object.assign(both, { [rule]: Math.max(value, Number(a[rule] ?? 0)) })
        expect(shortenedBy({ retention: a }, { retention: both })).toStrictEqual([])
        const loose = kept(all, both, zone, now)
        for (const pointId of [...had, ...has]) expect(loose).toContain(pointId)
      }),
    )
  })
})

test.each([
  [{ daily: 7 }, { daily: 14 }, []],
  [{ daily: 14 }, { daily: 7 }, ['daily 7 instead of 14']],
  [{ daily: 7, weekly: 4 }, { daily: 7 }, ['no weekly any more (it was 4)']],
  [{ daily: 7 }, { forever: true }, []],
  [{ forever: true }, { yearly: 100 }, ['no longer for ever']],
  [{ daily: 7, atLeast: 3 }, { daily: 7 }, ['at least 1 instead of 3']],
  [
    { daily: 7, timeZone: 'Europe/Vienna' },
    { daily: 7, timeZone: 'UTC' },
    ['days and months of UTC instead of Europe/Vienna'],
  ],
])('from %j to %j: %j', (before, after, how) => {
  const of = (retention: unknown) => ({ retention: Retention.parse(retention) })
  expect(shortenedBy(of(before), of(after))).toStrictEqual(how)
})

test('a lock that ends earlier, or holds less, is shorter', () => {
  const of = (lock?: { mode: 'governance' | 'compliance'; days: number }) => ({
    retention: Retention.parse({ daily: 7 }),
    lock,
  })
  const month = { mode: 'compliance' as const, days: 30 }
  expect(shortenedBy(of(month), of())).toStrictEqual(['points are not locked any more'])
  expect(shortenedBy(of(month), of({ mode: 'governance', days: 7 }))).toStrictEqual([
    'locked 7 days instead of 30',
    'locked in governance instead of compliance mode',
  ])
  expect(shortenedBy(of(), of(month))).toStrictEqual([])
})
