import { expect, test } from 'vitest'
import { PREFIX_LIMIT, placeOf } from '#core/access/place.ts'
import { purposeOf } from '#core/access/purpose.ts'
import { SESSION_POLICY_LIMIT, sessionPolicyOf } from '#core/access/session-policy.ts'
import { revocationPolicy, sessionNameOf } from '#core/access/sessions.ts'
import { JobSpec } from '#core/contracts/jobs.ts'

const ID = '01J000000000000000000000GW'
/** A bucket's name has 63 characters at most (S3). */
const LONGEST = {
  partition: 'aws-us-gov',
  bucket: 'b'.repeat(63),
  prefix: 'p'.repeat(PREFIX_LIMIT),
}
const KEY = 'arn:aws-us-gov:kms:*:111122223333:key/*'

test.each(['backup', 'restore', 'proof', 'look', 'hold', 'compare', 'maintenance'] as const)(
  'the session policy for %s fits into what STS takes, with the longest names there are',
  purpose => {
    const policy = sessionPolicyOf({
      purpose,
      place: LONGEST,
      lock: { mode: 'compliance', days: 36_500 },
      kms: { slots: KEY, storage: KEY, repositoryId: 'f'.repeat(32) },
    })
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(SESSION_POLICY_LIMIT)
  },
)

test('a revocation is short: a role takes 10,240 characters of inline policies together (IAM quota)', () => {
  expect(JSON.stringify(revocationPolicy(ID)).length).toBeLessThan(250)
})

test('the name of a session tells gateway and job, and is one that STS takes', () => {
  expect(sessionNameOf(ID, '01J0000000000000000000JOB1')).toMatch(/^[\w+=,.@-]{2,64}$/)
  expect(sessionNameOf(ID)).toBe(`${ID}.look`)
})

test('every kind of job has a purpose', () => {
  const kinds = JobSpec.options.map(option => option.shape.kind.value)
  for (const kind of kinds)
    expect(purposeOf(kind)).toMatch(
      kind === 'run-program' ? /^look$/ : /^(backup|restore|proof|hold|compare|maintenance)$/,
    )
})

test('where a repository lies, by its address', () => {
  expect(placeOf('s3://bucket/a/b')).toEqual({ bucket: 'bucket', prefix: 'a/b' })
  expect(placeOf('s3://bucket/')).toEqual({ bucket: 'bucket', prefix: '' })
  expect(placeOf('file:/srv/backups')).toBeUndefined()
})
