import { afterEach, expect, test } from 'vitest'
import { hearTime, timeNow } from '#console/api/clock.ts'

const dateOf = (ms: number) => new Headers({ date: new Date(ms).toUTCString() })
afterEach(() => hearTime(dateOf(Date.now())))

const HOUR = 3_600_000

test('the time is that of the control plane where the browser is far off, and its own where it is not', () => {
  hearTime(dateOf(Date.now() + HOUR))
  expect(timeNow() - Date.now()).toBeGreaterThan(HOUR - 2_000)
  hearTime(new Headers())
  expect(timeNow() - Date.now()).toBeGreaterThan(HOUR - 2_000)
  hearTime(dateOf(Date.now() - 5_000))
  expect(Math.abs(timeNow() - Date.now())).toBeLessThan(1_000)
})
