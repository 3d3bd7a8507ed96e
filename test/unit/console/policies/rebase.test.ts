import { expect, test } from 'vitest'
import { rebased } from '#console/pages/policies/wizard/rebase.ts'
import { PolicyInput } from '#core/contracts/policies.ts'

const policy = (more: object = {}) =>
  PolicyInput.parse({
    ...{ name: 'Nightly', selection: { include: [{ all: true }] }, retention: { daily: 7 } },
    ...more,
  })

test('what only the other changed is taken over, what was typed stays', () => {
  const before = policy({ description: 'old' })
  const mine = policy({ name: 'Mine', retention: { daily: 14 }, window: undefined })
  const theirs = policy({
    ...{ description: 'old', name: 'Theirs', method: 'offline' },
    limits: { jobsAtOnce: 2 },
  })
  expect(rebased(before, { mine, theirs })).toEqual({
    policy: {
      ...policy({ name: 'Mine', retention: { daily: 14 }, method: 'offline' }),
      limits: { jobsAtOnce: 2 },
      description: undefined,
    },
    bothChanged: ['name'],
  })
})

test('the same change of both is no quarrel', () => {
  const same = policy({ name: 'Weekly' })
  expect(rebased(policy(), { mine: same, theirs: same })).toEqual({ policy: same, bothChanged: [] })
})
