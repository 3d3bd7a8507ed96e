import { describe, expect, test } from 'vitest'
import type { Purpose } from '#core/access/purpose.ts'
import { sessionPolicyOf } from '#core/access/session-policy.ts'
import { revocationPolicy, sessionNameOf } from '#core/access/sessions.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { isAllowed, type Policy } from '#test/support/iam/evaluate.ts'
import { ACCOUNT, resolved, rolesOf, type SynthesisedRole } from '#test/support/iam/roles-of.ts'
import { synthesise } from '#test/support/synthesis.ts'

// What each role of the synthesised templates may do and may not, by the evaluator of test/support/iam. No AWS has evaluated these policies.

const { resources } = synthesise()
const roles = rolesOf(resources as never)
const { bucket, prefix, replica } = sample.repository
const place = { bucket, prefix }
const BUCKET = `arn:aws:s3:::${bucket}`
const REPOSITORY = '0123456789abcdef0123456789abcdef'
const role = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`

/** The bucket's own policy, with the bucket's name in place of its reference. */
const bucketPolicy = ((): Policy => {
  const found = resources.find(
    ({ Type, stack, id }) =>
      Type === 'AWS::S3::BucketPolicy' && stack === 'xenkeep-storage' && /^Repository/.test(id),
  )
  const { Bucket, PolicyDocument } = resolved(found?.Properties) as {
    Bucket: string
    PolicyDocument: Policy
  }
  return JSON.parse(JSON.stringify(PolicyDocument).replaceAll(`${Bucket}.Arn`, BUCKET))
})()

/** `StartRun` of `xenkeepapiRuns639ADF41/StartRunRole30C440A9`; the second region has the same. */
const plain = (name: string): string =>
  name
    .replace(/^.*\//, '')
    .replace(/(Handler)?Role[0-9A-F]{8}$/, '')
    .replace(/-(eu-central-1|eu-west-1)$/, '')

const USUAL = {
  'aws:SecureTransport': 'true',
  's3:TlsVersion': '1.3',
  's3:if-none-match': '*',
  's3:ObjectCreationOperation': 'true',
  's3:object-lock-remaining-retention-days': '35',
  's3:object-lock-mode': 'GOVERNANCE',
  's3:prefix': `${prefix}/points/`,
  'kms:ResourceAliases': ['alias/xenkeep-slots'],
  'kms:EncryptionContext:xenkeep:repository': REPOSITORY,
}

const whoMay = (action: string, resource: string): string[] => {
  const may = roles.filter(({ identity, boundary, arn }) =>
    isAllowed(
      {
        ...{ identity, boundary },
        resource: resource.startsWith(BUCKET) ? bucketPolicy : undefined,
      },
      { principal: arn, action, resource, context: USUAL },
    ),
  )
  return [...new Set(may.map(({ name }) => plain(name)))].sort()
}

const SESSIONS = ['xenkeep-gateway-storage', 'xenkeep-maintenance-storage']
const PACK = `${BUCKET}/${prefix}/packs/2026-47/01J`
const KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/slots`
const TRANSIT = `arn:aws:s3:::xenkeep-transit-${ACCOUNT}-eu-central-1`
const PART = `${TRANSIT}/transit/01J/01J/0`
const TABLE = `arn:aws:dynamodb:eu-central-1:${ACCOUNT}:table/xenkeep-catalog`

test('there are roles to look at, in both regions, and they hang on no policy of AWS but that of the CDK for its copying of the console', () => {
  expect(roles.length).toBeGreaterThan(100)
  const managed = roles.filter(({ managedByAws }) => managedByAws.length > 0)
  for (const { name, managedByAws } of managed) {
    expect(name).toContain('CustomCDKBucketDeployment')
    expect(managedByAws).toEqual([
      'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    ])
  }
})

describe('of all roles', () => {
  test.each<[string, string, string[]]>([
    ['s3:DeleteObjectVersion', PACK, ['xenkeep-maintenance-storage']],
    ['s3:DeleteObjectVersion', `${BUCKET}/${prefix}/keys/00000001.kms`, []],
    ['s3:DeleteObjectVersion', `${BUCKET}/${prefix}/repo/00000001`, []],
    ['s3:DeleteObjectVersion', `${BUCKET}/other/packs/a`, []],
    ['s3:DeleteObject', PACK, []],
    ['s3:BypassGovernanceRetention', PACK, []],
    ['s3:PutObject', PACK, SESSIONS],
    ['s3:PutObject', `${BUCKET}/other/packs/a`, []],
    ['s3:PutObject', `${BUCKET}/${prefix}/keys/00000002.kms`, []],
    ['s3:PutObject', `${BUCKET}/${prefix}/repo/00000002`, []],
    ['s3:PutObject', `${BUCKET}/${prefix}/gc/verdict/00000002`, ['xenkeep-maintenance-storage']],
    ['s3:PutObject', `${BUCKET}/${prefix}/verify/a`, ['xenkeep-maintenance-storage']],
    ['s3:PutObject', `${BUCKET}/${prefix}/lost/a`, ['xenkeep-maintenance-storage']],
    ['s3:PutObject', `${BUCKET}/${prefix}/points/a/b`, SESSIONS],
    ['s3:PutObjectRetention', `${BUCKET}/${prefix}/keys/00000001.kms`, SESSIONS],
    ['s3:PutObjectRetention', PACK, SESSIONS],
    ['s3:PutObjectAcl', PACK, []],
    ['s3:PutBucketPolicy', BUCKET, []],
    ['s3:PutBucketVersioning', BUCKET, []],
    ['s3:PutBucketObjectLockConfiguration', BUCKET, []],
    ['s3:PutLifecycleConfiguration', BUCKET, []],
    ['s3:PutReplicationConfiguration', BUCKET, []],
    ['s3:DeleteBucket', BUCKET, []],
    ['s3:ReplicateDelete', `arn:aws:s3:::${replica.bucket}/${prefix}/packs/a`, []],
    [
      's3:ReplicateObject',
      `arn:aws:s3:::${replica.bucket}/${prefix}/packs/a`,
      ['xenkeep-replication'],
    ],
    ['s3:PutObject', `arn:aws:s3:::${replica.bucket}/${prefix}/packs/a`, SESSIONS],
    ['sts:AssumeRole', role('xenkeep-gateway-storage'), ['xenkeep-credentials']],
    ['sts:AssumeRole', role('xenkeep-maintenance-storage'), ['xenkeep-credentials']],
    ['sts:AssumeRole', role('another'), []],
    ['iam:PutRolePolicy', role('xenkeep-gateway-storage'), ['RevokeGateway']],
    ['iam:PutRolePolicy', role('xenkeep-credentials-eu-central-1'), []],
    ['iam:AttachRolePolicy', role('xenkeep-gateway-storage'), []],
    ['iam:DeleteRolePermissionsBoundary', role('xenkeep-gateway-storage'), []],
    ['iam:PutRolePermissionsBoundary', role('xenkeep-gateway-storage'), []],
    ['iam:UpdateAssumeRolePolicy', role('xenkeep-gateway-storage'), []],
    ['iam:PassRole', role('xenkeep-gateway-storage'), []],
    ['iam:CreateAccessKey', '*', []],
    ['kms:Decrypt', KEY, SESSIONS],
    ['kms:Encrypt', KEY, []],
    ['kms:ScheduleKeyDeletion', KEY, []],
    ['kms:PutKeyPolicy', KEY, []],
    ['s3:PutObject', PART, ['AnswerQuestion']],
    ['s3:GetObject', PART, ['GetAnswer']],
    ['s3:PutObject', `${TRANSIT}/packs/a`, []],
    ['s3:DeleteObject', PART, []],
    ['s3:ListBucket', TRANSIT, []],
    ['dynamodb:Scan', TABLE, []],
    ['dynamodb:DeleteTable', TABLE, []],
    ['dynamodb:UpdateTable', TABLE, []],
    ['lambda:UpdateFunctionCode', '*', []],
    ['lambda:InvokeFunction', '*', []],
    ['states:UpdateStateMachine', '*', []],
  ])('%s on %s: %j', (action, resource, expected) => {
    expect(whoMay(action, resource)).toEqual(expected)
  })

  test.each([
    's3:DeleteObject',
    's3:ReplicateDelete',
    's3:DeleteObjectVersion',
    's3:BypassGovernanceRetention',
  ])('%s is refused by the bucket to an administrator of the account', action => {
    const everything: Policy = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    const request = { principal: role('admin'), resource: PACK, context: USUAL }
    const policies = { identity: [everything], resource: bucketPolicy }
    expect(isAllowed(policies, { ...request, action: 's3:GetObject' })).toBe(true)
    expect(isAllowed(policies, { ...request, action })).toBe(false)
  })

  test('only functions that write the catalog may change it, and none of those that only list', () => {
    const may = whoMay('dynamodb:UpdateItem', TABLE)
    for (const name of ['ListRuns', 'GetRun', 'ListGateways', 'ListPoints', 'ListVms'])
      expect(may).not.toContain(name)
  })

  test('storage sessions are opened by the function behind the route for credentials alone: the roles trust nobody else', () => {
    const trusted = (name: string) => {
      const { trust, arn } = roles.find(one => one.name === name) as SynthesisedRole
      const may = roles.filter(({ arn: principal }) =>
        isAllowed(
          { identity: [], resource: trust },
          { principal, action: 'sts:AssumeRole', resource: arn },
        ),
      )
      return may.map(one => one.name).sort()
    }
    for (const name of SESSIONS)
      expect(trusted(name)).toEqual([
        'xenkeep-credentials-eu-central-1',
        'xenkeep-credentials-eu-west-1',
      ])
  })
})

const GATEWAY = '01J000000000000000000000GW'
const OTHER = '01J00000000000000000000XGW'

/** Whether a session may do something: role, boundary, session policy and bucket policy together. */
const may = (
  purpose: Purpose,
  action: string,
  resource: string,
  {
    context = {},
    lock,
    revoked,
  }: { context?: object; lock?: LockPolicy; revoked?: string | undefined } = {},
): boolean => {
  const name = purpose === 'maintenance' ? SESSIONS[1] : SESSIONS[0]
  const { identity, boundary, arn } = roles.find(one => one.name === name) as SynthesisedRole
  const slots = `arn:aws:kms:*:${ACCOUNT}:key/*`
  const session = sessionPolicyOf({
    purpose,
    place,
    lock,
    kms: { slots, repositoryId: REPOSITORY },
  })
  const ended = revoked ? [revocationPolicy(revoked)] : []
  const full: Record<string, unknown> = {
    ...USUAL,
    'aws:userid': `AROAEXAMPLE:${sessionNameOf(GATEWAY, '01J000000000000000000000JB')}`,
    ...context,
  }
  const present = Object.entries(full).filter(([, value]) => value !== undefined)
  return isAllowed(
    {
      identity: [...identity, ...ended] as Policy[],
      boundary,
      session: session as Policy,
      resource: resource.startsWith(BUCKET) ? bucketPolicy : undefined,
    },
    { principal: arn, action, resource, context: Object.fromEntries(present) as never },
  )
}

const GOVERNANCE: LockPolicy = { mode: 'governance', days: 30 }
const COMPLIANCE: LockPolicy = { mode: 'compliance', days: 30 }
const POINT = `${BUCKET}/${prefix}/points/a/b`
const PROOF = `${BUCKET}/${prefix}/proofs/a/b`
const remaining = (days: number, mode = 'GOVERNANCE') => ({
  context: {
    's3:object-lock-remaining-retention-days': String(days),
    's3:object-lock-mode': mode,
  },
})
const unconditional = { context: { 's3:if-none-match': undefined } }
const elsewhere = { context: { 's3:prefix': 'other/' } }
const noPrefix = { context: { 's3:prefix': undefined } }

describe('of the sessions of gateways', () => {
  const all: Purpose[] = ['backup', 'restore', 'proof', 'look', 'hold', 'maintenance']
  test.each(all)(
    '%s never deletes by name, bypasses, unlocks, or touches another prefix, bucket or key',
    purpose => {
      const lock = GOVERNANCE
      const never: [string, string, object?][] = [
        ['s3:DeleteObject', PACK],
        ['s3:BypassGovernanceRetention', PACK],
        ['s3:PutObjectLegalHold', PACK],
        ['s3:PutObjectAcl', PACK],
        ['s3:PutBucketVersioning', BUCKET],
        ['s3:PutBucketObjectLockConfiguration', BUCKET],
        ['s3:PutBucketPolicy', BUCKET],
        ['s3:PutLifecycleConfiguration', BUCKET],
        ['s3:PutObject', PACK, unconditional],
        ['s3:GetObject', `${BUCKET}/other/packs/a`],
        ['s3:GetObject', `${BUCKET}/${prefix}-2/packs/a`],
        ['s3:PutObject', `${BUCKET}/other/packs/a`],
        ['s3:GetObject', `arn:aws:s3:::another-bucket/${prefix}/packs/a`],
        ['s3:PutObject', `arn:aws:s3:::another-bucket/${prefix}/packs/a`],
        ['s3:ListBucket', BUCKET, elsewhere],
        ['s3:ListBucket', BUCKET, noPrefix],
        ['s3:GetObject', PACK, { context: { 'aws:SecureTransport': 'false' } }],
        ['kms:Decrypt', KEY, { context: { 'kms:EncryptionContext:xenkeep:repository': 'other' } }],
        ['kms:Decrypt', KEY, { context: { 'kms:ResourceAliases': ['alias/payroll'] } }],
        ['kms:Encrypt', KEY],
        ['sts:AssumeRole', role('xenkeep-maintenance-storage')],
        ['dynamodb:GetItem', TABLE],
      ]
      for (const [action, resource, how] of never)
        expect(may(purpose, action, resource, { lock, ...how }), `${action} ${resource}`).toBe(
          false,
        )
      if (purpose !== 'maintenance')
        expect(may(purpose, 's3:DeleteObjectVersion', PACK, { lock })).toBe(false)
    },
  )

  test.each<[Purpose, string, string, boolean, Parameters<typeof may>[3]?]>([
    ['backup', 's3:PutObject', PACK, true],
    ['backup', 's3:PutObject', POINT, true],
    ['backup', 's3:GetObject', PACK, true],
    ['backup', 's3:GetObjectRetention', PACK, true],
    ['backup', 's3:ListBucket', BUCKET, true],
    ['backup', 's3:GetBucketVersioning', BUCKET, true],
    ['backup', 's3:GetBucketObjectLockConfiguration', BUCKET, true],
    ['backup', 's3:ListBucketVersions', BUCKET, false],
    ['backup', 's3:GetObjectVersion', PACK, false],
    ['backup', 'kms:Decrypt', KEY, true],
    ['backup', 's3:PutObjectRetention', PACK, false],
    ['backup', 's3:PutObjectRetention', PACK, true, { lock: GOVERNANCE, ...remaining(30) }],
    ['backup', 's3:PutObjectRetention', PACK, true, { lock: GOVERNANCE, ...remaining(50) }],
    [
      'backup',
      's3:PutObjectRetention',
      PACK,
      true,
      { lock: GOVERNANCE, ...remaining(50, 'COMPLIANCE') },
    ],
    ['backup', 's3:PutObjectRetention', PACK, false, { lock: GOVERNANCE, ...remaining(29) }],
    ['backup', 's3:PutObjectRetention', PACK, false, { lock: GOVERNANCE, ...remaining(36_500) }],
    [
      'backup',
      's3:PutObjectRetention',
      PACK,
      true,
      { lock: COMPLIANCE, ...remaining(40, 'COMPLIANCE') },
    ],
    ['backup', 's3:PutObjectRetention', PACK, false, { lock: COMPLIANCE, ...remaining(40) }],
    ['restore', 's3:GetObject', PACK, true],
    ['restore', 's3:ListBucket', BUCKET, true],
    ['restore', 'kms:Decrypt', KEY, true],
    ['restore', 's3:PutObject', PACK, false],
    ['restore', 's3:PutObject', PROOF, false],
    ['restore', 's3:PutObjectRetention', PACK, false, { lock: GOVERNANCE }],
    ['proof', 's3:GetObject', PACK, true],
    ['proof', 's3:PutObject', PROOF, true],
    ['proof', 's3:PutObject', POINT, false],
    ['proof', 's3:PutObjectRetention', PROOF, false, { lock: GOVERNANCE }],
    ['look', 's3:GetObject', POINT, true],
    ['look', 's3:ListBucket', BUCKET, true],
    ['look', 'kms:Decrypt', KEY, true],
    ['look', 's3:GetObject', PACK, false],
    ['look', 's3:PutObject', PROOF, false],
    ['maintenance', 's3:DeleteObjectVersion', PACK, true],
    ['maintenance', 's3:DeleteObjectVersion', POINT, true],
    ['maintenance', 's3:DeleteObjectVersion', `${BUCKET}/${prefix}/keys/1`, false],
    ['maintenance', 's3:DeleteObjectVersion', `${BUCKET}/other/packs/a`, false],
    ['maintenance', 's3:PutObject', `${BUCKET}/${prefix}/gc/plan/00000001`, true],
    ['maintenance', 's3:PutObject', `${BUCKET}/${prefix}/verify/01J`, true],
    ['maintenance', 's3:GetObjectVersion', PACK, true],
    ['maintenance', 's3:ListBucketVersions', BUCKET, true],
    ['maintenance', 's3:ListBucketVersions', BUCKET, false, elsewhere],
    ['maintenance', 's3:PutObjectRetention', PACK, false],
    ['maintenance', 's3:PutObjectRetention', PACK, false, { lock: GOVERNANCE, ...remaining(30) }],
    ['backup', 's3:PutObject', PROOF, false],
    ['hold', 's3:GetObject', PACK, true],
    ['hold', 's3:ListBucket', BUCKET, true],
    ['hold', 's3:GetObjectRetention', PACK, true],
    ['hold', 's3:PutObjectRetention', PACK, true, { lock: GOVERNANCE, ...remaining(10) }],
    ['hold', 's3:PutObjectRetention', POINT, true, { lock: GOVERNANCE, ...remaining(60) }],
    ['hold', 's3:PutObjectRetention', PACK, false, { lock: GOVERNANCE, ...remaining(61) }],
    ['hold', 's3:PutObject', PACK, false],
    ['hold', 's3:PutObject', PROOF, false],
    ['hold', 's3:PutObjectRetention', `${BUCKET}/other/packs/a`, false, { lock: GOVERNANCE }],
    ['hold', 's3:ListBucketVersions', BUCKET, false],
  ])('%s: %s on %s: %s', (purpose, action, resource, expected, how = {}) => {
    expect(may(purpose, action, resource, how)).toBe(expected)
  })

  test('sessions of a revoked gateway may do nothing any more, those of others go on', () => {
    expect(may('backup', 's3:GetObject', PACK, { revoked: OTHER })).toBe(true)
    for (const [purpose, action, resource] of [
      ['backup', 's3:PutObject', PACK],
      ['backup', 's3:GetObject', PACK],
      ['look', 'kms:Decrypt', KEY],
      ['maintenance', 's3:DeleteObjectVersion', PACK],
    ] as const)
      expect(may(purpose, action, resource, { revoked: GATEWAY }), action).toBe(false)
  })

  test('what a hostile hand wrote to a role as an inline policy would add nothing', () => {
    const { identity, boundary, arn } = roles.find(
      one => one.name === SESSIONS[0],
    ) as SynthesisedRole
    const everything: Policy = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    const request = (action: string, resource: string) => ({
      ...{ principal: arn, action, resource, context: USUAL },
    })
    const more = { identity: [...identity, everything], boundary }
    expect(isAllowed(more, request('s3:PutObject', PACK))).toBe(true)
    for (const [action, resource] of [
      ['s3:DeleteObjectVersion', PACK],
      ['s3:PutObject', 'arn:aws:s3:::another-bucket/a'],
      ['iam:CreateUser', '*'],
      ['kms:ScheduleKeyDeletion', KEY],
    ] as const)
      expect(isAllowed(more, request(action, resource)), action).toBe(false)
  })
})
