import { expect, test } from 'vitest'
import { readBackStatus } from '#core/maintenance/read-back.ts'

const DAY = 86_400_000
const AT = Date.UTC(2026, 10, 22)
const OVERDUE = '01J0000000000000000000000A'
const OTHER = '01J0000000000000000000000B'

const told = (overdue = 1) => ({
  at: AT,
  result: { days: 30, whole: 1, overdue, named: [OVERDUE] },
})

test.each([
  ['named', OVERDUE, 40, 0, 'overdue'],
  ['old and not named', OTHER, 40, 0, 'whole'],
  ['young', OTHER, 10, 0, 'not-due'],
  ['young at the last verification, and due since', OTHER, 10, 21, 'not-told'],
])('a point that is %s', (_, pointId, age, later, state) => {
  const point = { pointId, committed: AT - age * DAY }
  expect(readBackStatus(told(), AT + later * DAY)(point).readBack?.state).toBe(state)
})

test('no day that has passed is told as one to come', () => {
  const point = { pointId: OTHER, committed: AT - 10 * DAY }
  expect(readBackStatus(told(), AT + 90 * DAY)(point).readBack?.text).toBe(
    'not told: it was younger than 30 days when the last verification that read told of it, 2026-11-22',
  )
})

test('nothing is told before a verification has', () => {
  expect(readBackStatus(undefined, AT)({ pointId: OTHER, committed: 0 })).toEqual({})
})
