import { expect, test } from 'vitest'
import { scheduleWords } from '#core/policies/schedule-words.ts'

test.each([
  ['30 22 * * *', 'daily at 22:30'],
  ['0 6,22 * * *', 'daily at 06:00 and 22:00'],
  ['30 22 * * 1-5', 'Monday to Friday at 22:30'],
  ['0 3 * * SUN,WED', 'on Wednesday and Sunday at 03:00'],
  ['0 * * * *', 'each hour'],
  ['15 * * * *', 'each hour at 15 past'],
  ['5 */2 * * *', 'every 2 hours from 00:05'],
  ['0 1 L * *', 'on the last day of the month at 01:00'],
  ['0 1 1,15 * *', 'on day 1 and 15 of the month at 01:00'],
  ['0 1 * * SUN#1', 'on the first Sunday of the month at 01:00'],
  ['0 1 * * FRI#L', 'on the last Friday of the month at 01:00'],
  ['0 1 1 JAN,JUL *', 'on day 1 of the month at 01:00 in January and July'],
  ['*/7 3-9 * * *', 'by "*/7 3-9 * * *"'],
  ['0,30 * * * *', 'by "0,30 * * * *"'],
  ['* * * * *', 'each minute'],
])('%s is told in words', (cron, words) => {
  expect(scheduleWords({ cron, timeZone: 'Europe/Vienna' })).toBe(`${words} (Europe/Vienna)`)
})
