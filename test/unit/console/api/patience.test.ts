import { expect, test } from 'vitest'
import { everyAfter, isTriedAgain, pauseAfter } from '#console/api/patience.ts'

const passing = { code: 'CATALOG_UNAVAILABLE', retryable: true }

test('what passes by itself is tried again unseen, but not where that is asked to wait for long, nor what a person has to mend', () => {
  expect([0, 1, 2].map(failures => isTriedAgain(failures, passing))).toEqual([true, true, false])
  expect(isTriedAgain(0, { ...passing, retryAfterMs: 2_000 })).toBe(true)
  expect(isTriedAgain(0, { ...passing, retryAfterMs: 5_000 })).toBe(false)
  expect(isTriedAgain(0, { code: 'POLICY_CHANGED', retryable: false })).toBe(false)
  expect(isTriedAgain(0, { code: 'TOKEN_EXPIRED', retryable: true })).toBe(false)
  expect(isTriedAgain(0, new Error('of ours'))).toBe(false)
})

test('the pause is what is asked for, or grows', () => {
  expect(pauseAfter(0, passing)).toBe(1_000)
  expect(pauseAfter(1, passing)).toBe(2_000)
  expect(pauseAfter(0, { ...passing, retryAfterMs: 2_000 })).toBe(2_000)
})

test('pages look again no sooner than they are asked to, and by themselves once a cause may have passed', () => {
  expect(everyAfter(2_000, null)).toBe(2_000)
  expect(everyAfter(false, null)).toBe(false)
  expect(everyAfter(2_000, { ...passing, retryAfterMs: 30_000 })).toBe(30_000)
  expect(everyAfter(60_000, { ...passing, retryAfterMs: 5_000 })).toBe(60_000)
  expect(everyAfter(false, { ...passing, retryAfterMs: 5_000 })).toBe(5_000)
  expect(everyAfter(false, passing)).toBe(10_000)
  expect(everyAfter(false, { code: 'RUN_NOT_FOUND', retryable: false })).toBe(false)
})
