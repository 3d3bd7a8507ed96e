import { expect, test } from 'vitest'
import { synthesise } from '#test/support/synthesis.ts'

const { resources } = synthesise()

/** What holds state, and by which property it refuses to be deleted while it is there; null where the type has none. */
const STATEFUL: Record<string, ((properties: Record<string, unknown>) => boolean) | null> = {
  'AWS::S3::Bucket': null, // S3 deletes no bucket that holds anything
  'AWS::KMS::Key': ({ PendingWindowInDays }) => PendingWindowInDays === 30,
  'AWS::KMS::ReplicaKey': ({ PendingWindowInDays }) => PendingWindowInDays === 30,
  'AWS::SQS::Queue': null,
  'AWS::SES::EmailIdentity': null,
  'AWS::DynamoDB::GlobalTable': ({ Replicas }) =>
    (
      Replicas as {
        DeletionProtectionEnabled?: boolean
        PointInTimeRecoverySpecification?: { PointInTimeRecoveryEnabled: boolean }
      }[]
    ).every(
      ({ DeletionProtectionEnabled, PointInTimeRecoverySpecification }) =>
        DeletionProtectionEnabled && PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled,
    ),
  'AWS::Cognito::UserPool': ({ DeletionProtection }) => DeletionProtection === 'ACTIVE',
}

/** Those that refuse to be deleted would stop a deployment from being rolled back; all others go with the deployment that made them, if that fails. */
const STAYS_ANYWAY = ['AWS::DynamoDB::GlobalTable', 'AWS::Cognito::UserPool']

/** Types that hold state and that we do not use: who begins to has to say here how it is protected. */
const OTHER_STATE =
  /^AWS::(DynamoDB::Table|RDS|EFS|ElastiCache|OpenSearchService|SecretsManager::Secret|Kinesis|Backup|EC2::Volume|Timestream|QLDB)/

/** Sealed answers on their way, gone after a day in any case (docs/decisions/0335-answers-pass-through-a-bucket-of-their-own.md). */
const isInTransit = (id: string): boolean => id.startsWith('Transit')

test('what holds state outlives its stack, and refuses to be deleted where it can', () => {
  const seen = new Set<string>()
  for (const { stack, id, Type, Properties, DeletionPolicy, UpdateReplacePolicy } of resources) {
    expect(Type, `${stack} ${id}`).not.toMatch(OTHER_STATE)
    const isProtected = STATEFUL[Type]
    if (isProtected === undefined || (Type === 'AWS::S3::Bucket' && isInTransit(id))) continue
    seen.add(Type)
    expect({ stack, id, DeletionPolicy, UpdateReplacePolicy }, 'is kept').toMatchObject({
      DeletionPolicy: STAYS_ANYWAY.includes(Type) ? 'Retain' : 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    })
    if (isProtected) expect(isProtected(Properties), `${stack} ${id} is protected`).toBe(true)
  }
  expect([...seen].sort()).toEqual(Object.keys(STATEFUL).sort())
})

test('a bucket that outlives its stack keeps its denials', () => {
  const denying = resources.filter(
    ({ Type, Properties }) =>
      Type === 'AWS::S3::BucketPolicy' &&
      JSON.stringify(Properties).includes('NobodyDeletesTheBucket'),
  )
  expect(denying).toHaveLength(4) // repository, replica, and the audit copies of both regions
  for (const { id, DeletionPolicy } of denying)
    expect(DeletionPolicy, id).toBe('RetainExceptOnCreate')
})

test('both regions are there, and stacks refer to each other by name: only the id of a key has to be asked for', () => {
  const stacks = [...new Set(resources.map(({ stack }) => stack))]
  for (const part of [
    'workflows',
    'api',
    'identity',
    'notifications',
    'hosting',
    'audit',
    'storage',
    'keys',
  ])
    expect(stacks).toEqual(expect.arrayContaining([`xenkeep-${part}`, `xenkeep-${part}-standby`]))
  const imports = resources
    .filter(({ Properties }) => JSON.stringify(Properties ?? {}).includes('Fn::ImportValue'))
    .map(({ stack, id }) => `${stack} ${id}`)
  expect(imports).toEqual([])
  const asking = resources
    .filter(({ Properties }) => JSON.stringify(Properties ?? {}).includes('Fn::GetStackOutput'))
    .map(({ stack, Type }) => `${stack} ${Type}`)
  expect(asking).toEqual(['xenkeep-keys-standby AWS::KMS::ReplicaKey'])
})

test('who copies audit records knows where to, and how they are locked', () => {
  const told = resources.flatMap(({ Type, Properties }) => {
    const { XENKEEP_AUDIT_COPY: copy, XENKEEP_AUDIT_LOCK: lock } =
      (Properties?.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ??
      {}
    return Type === 'AWS::Lambda::Function' && copy !== undefined ? [lock] : []
  })
  expect(told).toEqual(['governance 400', 'governance 400'])
})
