import { expect, test } from 'vitest'
import type { Purpose } from '#core/access/purpose.ts'
import { sessionPolicyOf } from '#core/access/session-policy.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { isAllowed, type Policy } from '#test/support/iam/evaluate.ts'
import { ACCOUNT, resolved, rolesOf, type SynthesisedRole } from '#test/support/iam/roles-of.ts'
import { synthesise } from '#test/support/synthesis.ts'

// What the session may do that a job gets to compare the repository with its second copy. No AWS has evaluated these policies.

const { resources } = synthesise()
const { bucket, prefix, replica } = sample.repository
const FIRST = `arn:aws:s3:::${bucket}`
const COPY = `arn:aws:s3:::${replica.bucket}`
const SLOTS = `arn:aws:kms:*:${ACCOUNT}:key/*`
const STORAGE = 'arn:aws:kms:*:*:key/*'
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/one`

const policyOfBucket = (stack: RegExp, arn: string): Policy => {
  const found = resources.find(
    one =>
      one.Type === 'AWS::S3::BucketPolicy' &&
      stack.test(one.stack) &&
      /^(Repository|Replica)/.test(one.id),
  )
  const { Bucket, PolicyDocument } = resolved(found?.Properties) as {
    Bucket: string
    PolicyDocument: Policy
  }
  return JSON.parse(JSON.stringify(PolicyDocument).replaceAll(`${Bucket}.Arn`, arn))
}
const OF_BUCKETS = [
  [FIRST, policyOfBucket(/-storage$/, FIRST)],
  [COPY, policyOfBucket(/-storage-standby$/, COPY)],
] as const

const gateway = rolesOf(resources as never).find(
  ({ name }) => name === 'xenkeep-gateway-storage',
) as SynthesisedRole

const may = (
  action: string,
  resource: string,
  context: Record<string, unknown> = {},
  { purpose = 'compare', of = replica.bucket }: { purpose?: Purpose; of?: string } = {},
): boolean => {
  const session = sessionPolicyOf({
    ...{ purpose, place: { bucket: of, prefix }, kms: { slots: SLOTS, storage: STORAGE } },
  })
  const usual = {
    'aws:SecureTransport': 'true',
    's3:TlsVersion': '1.3',
    's3:if-none-match': '*',
    's3:ObjectCreationOperation': 'true',
    's3:prefix': `${prefix}/points/`,
  }
  return isAllowed(
    {
      identity: gateway.identity,
      boundary: gateway.boundary,
      session: session as Policy,
      resource: OF_BUCKETS.find(([arn]) => resource.startsWith(arn))?.[1],
    },
    { principal: gateway.arn, action, resource, context: { ...usual, ...context } as never },
  )
}

test.each([
  ['s3:GetObject', `${COPY}/${prefix}/points/a`],
  ['s3:GetObject', `${COPY}/${prefix}/packs/a`],
  ['s3:GetObject', `${COPY}/${prefix}/keys/1`],
  ['s3:ListBucket', COPY],
  ['s3:GetBucketVersioning', COPY],
  ['s3:GetBucketObjectLockConfiguration', COPY],
])('%s on %s: allowed', (action, resource) => {
  expect(may(action, resource)).toBe(true)
})

test.each<[string, string, Record<string, unknown>?]>([
  ...[
    ...['s3:PutObject', 's3:PutObjectRetention', 's3:DeleteObject', 's3:DeleteObjectVersion'],
    ...['s3:PutObjectLegalHold', 's3:BypassGovernanceRetention', 's3:PutObjectAcl'],
    ...['s3:ReplicateObject', 's3:GetObjectVersion', 's3:AbortMultipartUpload'],
  ].map((action): [string, string] => [action, `${COPY}/${prefix}/packs/a`]),
  ['s3:PutObject', `${COPY}/${prefix}/points/a`],
  ['s3:GetObject', `${COPY}/other/packs/a`],
  ['s3:GetObject', `${COPY}/${prefix}-2/packs/a`],
  ['s3:ListBucket', COPY, { 's3:prefix': 'other/' }],
  ['s3:ListBucketVersions', COPY],
  ['s3:PutBucketVersioning', COPY],
  ['s3:DeleteBucket', COPY],
  ['s3:GetObject', `${COPY}/${prefix}/packs/a`, { 'aws:SecureTransport': 'false' }],
  ['s3:GetObject', `${FIRST}/${prefix}/points/a`],
  ['s3:GetObject', `${FIRST}/${prefix}/packs/a`],
  ['s3:ListBucket', FIRST],
  ['s3:GetBucketVersioning', FIRST],
  ['s3:PutObject', `${FIRST}/${prefix}/packs/a`],
  ['s3:DeleteObjectVersion', `${FIRST}/${prefix}/packs/a`],
  [
    'kms:Decrypt',
    KEY,
    {
      'kms:ResourceAliases': ['alias/xenkeep-slots'],
      'kms:EncryptionContext:xenkeep:repository': '0'.repeat(32),
    },
  ],
  ['kms:GenerateDataKey', KEY, { 'kms:ResourceAliases': ['alias/xenkeep-storage'] }],
  ['sts:AssumeRole', gateway.arn],
])('%s on %s: denied', (action, resource, context = {}) => {
  expect(may(action, resource, context)).toBe(false)
})

test('no session for the first bucket reaches the second copy', () => {
  for (const purpose of ['backup', 'restore', 'proof', 'look', 'hold'] as const)
    for (const [action, resource] of [
      ['s3:GetObject', `${COPY}/${prefix}/points/a`],
      ['s3:ListBucket', COPY],
      ['s3:PutObject', `${COPY}/${prefix}/packs/a`],
    ] as const)
      expect(may(action, resource, {}, { purpose, of: bucket }), `${purpose} ${action}`).toBe(false)
})

test('the function that opens the session is told of the bucket of the other region, in each of the two', () => {
  const told = resources
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .flatMap(({ Properties }) => {
      const { Variables } = (Properties.Environment ?? {}) as { Variables?: Record<string, string> }
      if (!Variables?.XENKEEP_GATEWAY_STORAGE_ROLE_ARN) return []
      const { XENKEEP_REPOSITORY, XENKEEP_SECOND_COPY, XENKEEP_SECOND_COPY_REGION } = Variables
      return [`${XENKEEP_REPOSITORY}: ${XENKEEP_SECOND_COPY} in ${XENKEEP_SECOND_COPY_REGION}`]
    })
  const [first, copy] = [`s3://${bucket}/${prefix}`, `s3://${replica.bucket}/${prefix}`]
  expect([...new Set(told)].sort()).toEqual([
    `${copy}: ${first} in ${sample.region}`,
    `${first}: ${copy} in ${sample.standbyRegion}`,
  ])
})

test('with a key of the account it decrypts through S3 alone, where the role allows that', () => {
  const { Statement } = sessionPolicyOf({
    ...{ purpose: 'compare', place: { bucket: replica.bucket, prefix } },
    kms: { slots: SLOTS, storage: STORAGE },
  })
  expect(Statement.filter(({ Action }) => JSON.stringify(Action).includes('kms:'))).toEqual([
    {
      ...{ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: STORAGE },
      Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } },
    },
  ])
})
