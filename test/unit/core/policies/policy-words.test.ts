import { expect, test } from 'vitest'
import { PolicyInput } from '#core/contracts/policies.ts'
import { policyWords } from '#core/policies/policy-words.ts'

const policy = (more: object) =>
  PolicyInput.parse({
    ...{ name: 'Nightly', selection: { include: [{ all: true }] }, retention: { daily: 7 } },
    ...more,
  })

test('a policy is told in words, member by member', () => {
  const words = policyWords(
    policy({
      ...{ method: 'quiesced', fallback: 'crash', together: { whenOneFails: 'group' } },
      schedule: { cron: '0 22 * * *', timeZone: 'UTC' },
      window: { from: '22:00', to: '05:00', timeZone: 'UTC' },
      retention: { last: 3, daily: 7, weekly: 4, days: 1, atLeast: 2 },
      lock: { mode: 'governance', days: 14 },
    }),
  )
  expect(words).toEqual({
    takes: 'every VM but standbys',
    how: 'quiesced, else crash-consistent, snapshots of all VMs together',
    when: 'daily at 22:00 (UTC); begins 22:00 to 05:00 (UTC) only',
    kept: 'the last 3, 7 daily, 4 weekly, all of 1 day, at least 2',
    lock: '14 days in governance mode',
  })
})

test('what follows another policy names it', () => {
  const [policyId, unknown] = ['01J000000000000000000000PT', '01J000000000000000000000PA']
  const after = { policyId, when: 'succeeded' }
  expect(policyWords(policy({ after }), [{ policyId, name: 'First' }]).when).toBe(
    'after each run of "First" that succeeded',
  )
  expect(policyWords(policy({ after: { ...after, policyId: unknown, when: 'any' } })).when).toBe(
    `after each run of "${unknown}" that was not cancelled`,
  )
  expect(policyWords(policy({})).when).toBe('when somebody starts it')
  expect(policyWords(policy({ retention: { forever: true } })).kept).toBe('everything')
})
