import { expect, test } from 'vitest'
import { Novelty } from '#repository/write/novelty.ts'

const after = (...seen: boolean[]) => {
  const novelty = new Novelty()
  for (const isNew of seen) novelty.saw(isNew)
  return novelty.isExpected
}
const times = (count: number, isNew: boolean) => Array<boolean>(count).fill(isNew)

test('it is expected after a run of new chunks, and no longer after a few known ones', () => {
  expect(after()).toBe(false)
  expect(after(...times(12, false))).toBe(false)
  expect(after(...times(20, true))).toBe(true)
  expect(after(...times(100, true), ...times(4, false))).toBe(false)
})
