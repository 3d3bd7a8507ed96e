import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rateAt } from '#core/bandwidth/plan.ts'
import { allowedAt, weekOf } from '#core/bandwidth/week.ts'
import { BandwidthPlan, rateOf } from '#core/contracts/bandwidth.ts'

const week = (plan: object) => weekOf(BandwidthPlan.parse(plan))

test('a plan that says nothing is one line', () => {
  expect(week({})).toEqual([
    { days: 'Every day', toRepository: 'as much as goes', fromXenServer: 'as much as goes' },
  ])
})

test('days that are alike stand together, from Monday on', () => {
  const toRepository = [{ from: '08:00', to: '18:00', days: 'mon-fri', rate: '8MB/s' }]
  const fromXenServer = [{ rate: '1GB/s' }]
  expect(week({ toRepository, fromXenServer })).toEqual([
    {
      days: 'Monday to Friday',
      toRepository: '08:00 to 18:00 8MB/s, else as much as goes',
      fromXenServer: 'all day 1GB/s',
    },
    {
      days: 'Saturday to Sunday',
      toRepository: 'as much as goes',
      fromXenServer: 'all day 1GB/s',
    },
  ])
})

test('a night belongs to the day on which it begins, and the lowest rate counts', () => {
  const toRepository = [
    { from: '22:00', to: '06:00', days: 'sun', rate: '50MB/s' },
    { from: '00:00', to: '12:00', days: 'mon', rate: '10MB/s' },
    { from: '04:00', to: '05:00', days: 'mon', rate: '2MB/s' },
  ]
  const [monday, others, sunday] = week({ toRepository })
  expect(monday).toMatchObject({
    days: 'Monday',
    toRepository:
      '00:00 to 04:00 10MB/s, 04:00 to 05:00 2MB/s, 05:00 to 12:00 10MB/s, else as much as goes',
  })
  expect(others).toMatchObject({ days: 'Tuesday to Saturday', toRepository: 'as much as goes' })
  expect(sunday).toMatchObject({
    days: 'Sunday',
    toRepository: '22:00 to 24:00 50MB/s, else as much as goes',
  })
})

/** What the words of a day say of a minute. */
const saidAt = (text: string, minute: number): string | undefined => {
  if (text.startsWith('all day ')) return text.slice('all day '.length)
  for (const [, from = '', to = '', rate] of text.matchAll(
    /(\d\d:\d\d) to (\d\d:\d\d) ([^ ,]+)/g,
  )) {
    const [start = 0, end = 0] = [from, to].map(time => {
      const [hours = 0, minutes = 0] = time.split(':').map(Number)
      return hours * 60 + minutes
    })
    if (minute >= start && minute < end) return rate
  }
  return undefined
}

test('the words say of each minute of a week what the gateway lets flow in it', () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 59))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)
  const entry = fc.record({
    from: time,
    to: time,
    days: fc.constantFrom('mon-sun', 'mon-fri', 'fri-mon', 'sat,sun', 'wed'),
    rate: fc.constantFrom('1MB/s', '2MiB/s', '300KB/s', '1GB/s'),
  })
  const names = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
  const monday = Date.UTC(2026, 10, 23)
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 6 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 1439 }),
      (toRepository, day, minute) => {
        const plan = BandwidthPlan.parse({ toRepository })
        const lines = weekOf(plan)
        const line = lines.find(({ days }) => {
          if (days === 'Every day') return true
          const [first = '', last = first] = days.split(' to ')
          return day >= names.indexOf(first) && day <= names.indexOf(last)
        })
        const said = saidAt(line?.toRepository ?? '', minute)
        const at = monday + (day * 1_440 + minute) * 60_000
        const rate = rateAt(plan.toRepository, 'UTC')(at)
        expect(said === undefined ? undefined : rateOf(said)).toBe(rate)
        const { bytesPerSecond } = allowedAt(plan.toRepository, 'UTC', at)
        expect(bytesPerSecond).toBe(rate === undefined ? undefined : Math.round(rate))
      },
    ),
    { seed: 20261123 },
  )
})
