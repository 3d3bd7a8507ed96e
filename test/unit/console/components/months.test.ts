import { expect, test } from 'vitest'
import { kindOf, monthsOf } from '#console/components/retention-calendar/months.ts'
import { KeptBy } from '#core/contracts/policies-api.ts'

const at = (time: string, ...by: KeptBy[]) => ({ taken: Date.parse(time), why: [], by })

test('points stand on the days of the zone, and a day is what keeps its points longest', () => {
  const months = monthsOf(
    [
      at('2027-02-28T23:30Z', 'monthly', 'daily'), // 1 March in Vienna
      at('2027-03-01T20:00Z', 'daily', 'yearly'),
      at('2027-01-31T10:00Z'),
    ],
    'Europe/Vienna',
  )
  expect(months.map(({ month }) => month)).toEqual(['2027-01', '2027-03'])
  expect(months[0]?.days.get(31)).toEqual({ date: '2027-01-31', kind: 'expires', points: 1 })
  expect(months[1]?.days.get(1)).toEqual({ date: '2027-03-01', kind: 'yearly', points: 2 })
})

test('weeks begin on Monday and hold each day of the month once', () => {
  const [february] = monthsOf([at('2027-02-01T10:00Z', 'daily')], 'UTC')
  expect(february?.weeks).toHaveLength(4)
  expect(february?.weeks[0]).toEqual([1, 2, 3, 4, 5, 6, 7])
  const [may] = monthsOf([at('2027-05-31T10:00Z', 'daily')], 'UTC')
  expect(may?.weeks.flat().filter(Boolean)).toEqual(Array.from({ length: 31 }, (_, n) => n + 1))
  expect(may?.weeks[0]?.slice(4)).toEqual([undefined, 1, 2])
})

test.each(KeptBy.options)('what %s keeps is no point that expires', by => {
  expect(kindOf(at('2027-01-01', by))).not.toBe('expires')
})
