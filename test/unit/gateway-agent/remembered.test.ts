import { expect, test } from 'vitest'
import { remembered } from '#gateway-agent/remembered.ts'

test('is the same until its time is over or another catalog is behind it', () => {
  let now = 0
  let catalog = 'one'
  const ids = remembered(() => new Set<string>(), {
    of: () => catalog,
    clock: { now: () => now },
    forMs: 1_000,
  })
  ids().add('a')
  now = 999
  expect(ids().has('a')).toBe(true)
  now = 1_000
  expect(ids().has('a')).toBe(false)
  ids().add('a')
  catalog = 'two'
  expect(ids().has('a')).toBe(false)
})
