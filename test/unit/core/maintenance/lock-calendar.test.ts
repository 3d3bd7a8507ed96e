import { expect, test } from 'vitest'
import { LOCK_DAYS } from '#core/contracts/repository-api.ts'
import { lockCalendar } from '#core/maintenance/lock-calendar.ts'

const NOW = Date.UTC(2026, 10, 22)
const DAY = 86_400_000
const lock = (until: number) => ({ mode: 'compliance' as const, until, asked: NOW })

test('points by the day on which their lock ends; those without one, and those of which nothing is known, apart', () => {
  const { count, calendar } = lockCalendar(NOW)
  count({ lock: lock(NOW + 3 * DAY), bytesStored: 5 })
  count({ lock: lock(NOW + 2 * DAY), bytesStored: 1 })
  count({ lock: lock(NOW + 2 * DAY + 1), bytesStored: 2 })
  count({ lock: lock(NOW), bytesStored: 100 })
  count({ lock: null, bytesStored: 100 })
  count({ bytesStored: 100 })
  expect(calendar()).toEqual({
    days: [
      { day: '2026-11-24', points: 2, bytes: 3 },
      { day: '2026-11-25', points: 1, bytes: 5 },
    ],
    ...{ unlocked: 2, untold: 1 },
  })
})

test('what is locked for longer than is listed is counted with the last day', () => {
  const { count, calendar } = lockCalendar(NOW)
  for (let n = 1; n <= LOCK_DAYS + 2; n++) count({ lock: lock(NOW + n * DAY), bytesStored: 10 })
  const { days } = calendar()
  expect(days).toHaveLength(LOCK_DAYS)
  expect(days.at(-1)).toMatchObject({ points: 3, bytes: 30 })
})
