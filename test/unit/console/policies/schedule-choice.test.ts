import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  choiceOf,
  cronOf,
  HOUR_STEPS,
  type ScheduleChoice,
  WEEKDAY_CODES,
} from '#console/pages/policies/wizard/schedule-choice.ts'
import { nextTimes } from '#core/policies/schedule.ts'

const minute = fc.integer({ min: 0, max: 59 })
const list = (most: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: most }), { minLength: 1, maxLength: 6 })
    .map(values => values.sort((a, b) => a - b))
const on = fc.oneof(
  fc.integer({ min: 1, max: 31 }).map(String),
  fc.constant('L'),
  fc
    .tuple(fc.constantFrom(...WEEKDAY_CODES), fc.constantFrom('1', '2', '3', '4', '5', 'L'))
    .map(parts => parts.join('#')),
)
const simple = fc.oneof(
  fc.record({ every: fc.constant('hours' as const), step: fc.constantFrom(...HOUR_STEPS), minute }),
  fc.record({ every: fc.constant('day' as const), hours: list(23), minute }),
  fc.record({ every: fc.constant('week' as const), weekdays: list(6), hours: list(23), minute }),
  fc.record({ every: fc.constant('month' as const), on, hours: list(23), minute }),
)

test('what is chosen is found again, and is a schedule that comes', () => {
  fc.assert(
    fc.property(simple, choice => {
      const cron = cronOf(choice)
      expect(choiceOf(cron)).toEqual(choice)
      expect(nextTimes({ cron, timeZone: 'UTC' }, 0, 1)).toHaveLength(1)
    }),
    { numRuns: 200 },
  )
})

test.each<[string, ScheduleChoice]>([
  ['30 22 * * 1-5', { every: 'week', weekdays: [1, 2, 3, 4, 5], hours: [22], minute: 30 }],
  ['0 0 * * *', { every: 'day', hours: [0], minute: 0 }],
  ['0 1 01 * *', { every: 'month', on: '1', hours: [1], minute: 0 }],
  ['15 * * * *', { every: 'hours', step: 1, minute: 15 }],
])('%s is a choice', (cron, choice) => {
  expect(choiceOf(cron)).toEqual(choice)
})

test.each([
  ...['*/5 * * * *', '0 */5 * * *', '0,30 1 * * *', '0 1 1,15 * *', '0 1 * 6 *', '0 1 * * MON'],
  ...['0 22 * * 7', '0 22 5 * 1', '', 'nightly', '0 25 * * *', '0 9-17/2 * * *'],
])('"%s" stays an expression: no choice says the same', cron => {
  expect(choiceOf(cron)).toEqual({ every: 'cron' })
})
