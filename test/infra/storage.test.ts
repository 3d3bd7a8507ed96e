import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { ReplicaStorageStack } from '#infra/stacks/replica-storage.ts'
import { StorageStack } from '#infra/stacks/storage.ts'
import { alone, synthesise } from '#test/support/synthesis.ts'

interface Statement {
  Sid?: string
  Effect: string
  Action: string | string[]
  Principal?: unknown
  Resource: unknown
  Condition?: Record<string, Record<string, unknown>>
}

const { template, ofType, plain } = synthesise()

const bucketOf = (site: 'primary' | 'standby') => {
  const found = ofType('AWS::S3::Bucket', site).find(({ Properties }) =>
    [sample.repository.bucket, sample.repository.replica.bucket].includes(
      String(Properties.BucketName),
    ),
  )
  if (!found) throw new Error('no bucket')
  const statements = ofType('AWS::S3::BucketPolicy', site)
    .filter(({ Properties }) => (Properties.Bucket as { Ref: string }).Ref === found.id)
    .flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    )
  return { found, statements }
}
const storage = (context: unknown) =>
  alone(context, (app, deployment) => new StorageStack(app, 'storage', { deployment }))
const repositoryWith = (given: Record<string, unknown>, more = {}) => ({
  ...sample,
  ...more,
  repository: { ...sample.repository, ...given },
})

describe.each(['primary', 'standby'] as const)('the bucket of the %s region', site => {
  const { found, statements } = bucketOf(site)

  test('has versions, Object Lock with the default of the context, no public access and owners only', () => {
    expect(found).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
          ],
        },
        LoggingConfiguration: { LogFilePrefix: `${String(found.Properties.BucketName)}/` },
      },
    })
  })

  test('lets nothing expire but checkpoints and uploads that never ended', () => {
    const { Rules } = found.Properties.LifecycleConfiguration as {
      Rules: Record<string, unknown>[]
    }
    expect(Rules).toEqual([
      {
        Id: 'unfinished-uploads',
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
      {
        Id: 'checkpoints',
        Status: 'Enabled',
        Prefix: 'main/parts/',
        ExpirationInDays: 30,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
    ])
  })

  test('denies everybody what would end its promises', () => {
    const denied = statements.filter(({ Effect }) => Effect === 'Deny')
    for (const { Principal } of denied) expect(Principal).toEqual({ AWS: '*' })
    const bySid = Object.fromEntries(denied.map(statement => [statement.Sid, statement]))
    const maintenance = {
      'aws:PrincipalArn': {
        'Fn::Join': [
          '',
          [
            'arn:',
            { Ref: 'AWS::Partition' },
            ':iam::',
            { Ref: 'AWS::AccountId' },
            ':role/xenkeep-maintenance-storage',
          ],
        ],
      },
    }
    expect(bySid.NobodyHidesObjects).toMatchObject({
      Action: ['s3:DeleteObject', 's3:ReplicateDelete'],
    })
    expect(bySid.NobodyHidesObjects?.Condition).toBeUndefined()
    expect(bySid.NobodyBypassesLocks).toMatchObject({ Action: 's3:BypassGovernanceRetention' })
    expect(bySid.NobodyBypassesLocks?.Condition).toBeUndefined()
    expect(bySid.NobodyDeletesTheBucket).toMatchObject({ Action: 's3:DeleteBucket' })
    expect(bySid.NobodyDeletesTheBucket?.Condition).toBeUndefined()
    expect(bySid.OnlyMaintenanceRemovesVersions).toMatchObject({
      Action: ['s3:DeleteObjectVersion', 's3:PutObjectLegalHold'],
      Condition: { ArnNotLike: maintenance },
    })
    expect(bySid.OnlyMaintenanceWritesOver).toMatchObject({
      Action: 's3:PutObject',
      Condition: {
        ArnNotLike: maintenance,
        Null: { 's3:if-none-match': 'true' },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    })
    expect(bySid.OnlyDeploymentsChangeRules?.Action).toEqual(
      expect.arrayContaining([
        's3:PutBucketVersioning',
        's3:PutLifecycleConfiguration',
        's3:PutReplicationConfiguration',
        's3:PutBucketObjectLockConfiguration',
        's3:PutBucketPolicy',
        's3:DeleteBucketPolicy',
      ]),
    )
    expect(JSON.stringify(bySid.OnlyDeploymentsChangeRules?.Condition)).toContain(
      ':role/cdk-*-cfn-exec-role-*',
    )
  })

  test('speaks TLS 1.2 and later only', () => {
    const conditions = statements.filter(({ Effect }) => Effect === 'Deny').map(s => s.Condition)
    expect(conditions).toContainEqual({ Bool: { 'aws:SecureTransport': 'false' } })
    expect(conditions).toContainEqual({ NumericLessThan: { 's3:TlsVersion': 1.2 } })
  })
})

describe('replication', () => {
  const rulesOf = (context: unknown) => {
    const [bucket] = Object.values(
      storage(context).template.findResources('AWS::S3::Bucket'),
    ).filter(({ Properties }) => Properties.ReplicationConfiguration)
    return bucket?.Properties.ReplicationConfiguration.Rules
  }

  test('takes every object of the repository, and no delete marker', () => {
    expect(rulesOf(sample)).toEqual([
      {
        Id: 'second-region',
        Priority: 1,
        Status: 'Enabled',
        Filter: { Prefix: 'main/' },
        DeleteMarkerReplication: { Status: 'Disabled' },
        Destination: { Bucket: expect.anything(), Metrics: { Status: 'Enabled' } },
      },
    ])
  })

  test('may copy versions with their locks, and remove nothing', () => {
    const actions = Object.entries(plain('xenkeep-storage').Resources)
      .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith('Replication'))
      .flatMap(
        ([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
      )
      .flatMap(({ Action }) => Action)
    expect(actions.sort()).toEqual([
      's3:GetObjectLegalHold',
      's3:GetObjectRetention',
      's3:GetObjectVersionAcl',
      's3:GetObjectVersionForReplication',
      's3:GetObjectVersionTagging',
      's3:GetReplicationConfiguration',
      's3:ListBucket',
      's3:ObjectOwnerOverrideToBucketOwner',
      's3:ReplicateObject',
      's3:ReplicateTags',
    ])
  })

  test('with time control is measured against 15 minutes', () => {
    const replica = { ...sample.repository.replica, timeControl: true }
    expect(rulesOf(repositoryWith({ replica }))[0].Destination).toMatchObject({
      ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
      Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
    })
  })

  test('encrypts anew with the key of the second region', () => {
    const rules = rulesOf(repositoryWith({ encryption: 'kms' }))
    expect(rules[0]).toMatchObject({
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
    })
    expect(JSON.stringify(rules[0].Destination.EncryptionConfiguration)).toContain(
      ':alias/xenkeep-storage',
    )
  })

  describe('both ways', () => {
    const replica = { ...sample.repository.replica, bothWays: true }
    const there = (context: unknown, more: object = {}) =>
      alone(
        context,
        (app, deployment) =>
          new ReplicaStorageStack(app, 'replica', {
            deployment,
            replica: { ...replica, timeControl: false, ...more },
          }),
        'standby',
      )
    const back = (template: ReturnType<typeof there>['template']) =>
      Object.values(template.findResources('AWS::S3::Bucket')).flatMap(
        ({ Properties }) => Properties.ReplicationConfiguration?.Rules ?? [],
      )

    test('is a choice: the replica copies nothing unless asked to', () => {
      expect(back(there(sample, { bothWays: false }).template)).toEqual([])
      expect(rulesOf(sample)[0].SourceSelectionCriteria).toBeUndefined()
    })

    test('copies what was written there back, without delete markers, and locks that were prolonged', () => {
      const context = repositoryWith({ replica })
      const { template: second } = there(context)
      const rules = [...rulesOf(context), ...back(second)]
      expect(rules.map(({ Id }) => Id)).toEqual(['second-region', 'first-region'])
      for (const rule of rules)
        expect(rule).toMatchObject({
          Status: 'Enabled',
          Filter: { Prefix: 'main/' },
          DeleteMarkerReplication: { Status: 'Disabled' },
          SourceSelectionCriteria: { ReplicaModifications: { Status: 'Enabled' } },
        })
      expect(JSON.stringify(back(second)[0].Destination.Bucket)).toContain(
        'example-xenkeep-repository',
      )
      // It may remove nothing there either.
      const [policy] = Object.values(second.findResources('AWS::IAM::Policy'))
      expect(JSON.stringify(policy)).not.toMatch(/Delete|Bypass|PutObject/)
      second.hasResourceProperties('AWS::IAM::Role', { RoleName: 'xenkeep-replication-back' })
    })

    test('from a second account is let into the first one by one role', () => {
      const foreign = { ...replica, account: '444455556666' }
      const context = repositoryWith(
        { replica: foreign, encryption: 'kms' },
        { account: '111122223333' },
      )
      const [rule] = back(there(context, { account: '444455556666' }).template)
      expect(rule.Destination).toMatchObject({
        Account: '111122223333',
        AccessControlTranslation: { Owner: 'Destination' },
      })
      const { template: first } = storage(context)
      const policies = [
        ...Object.values(first.findResources('AWS::S3::BucketPolicy')).map(
          ({ Properties }) => Properties.PolicyDocument,
        ),
        ...Object.values(first.findResources('AWS::KMS::Key')).map(
          ({ Properties }) => Properties.KeyPolicy,
        ),
      ]
      const letIn = policies
        .flatMap(({ Statement }) => Statement as Statement[])
        .filter(({ Principal }) => JSON.stringify(Principal).includes('444455556666'))
      expect(letIn).toHaveLength(3)
      for (const { Condition, Effect } of letIn) {
        expect(Effect).toBe('Allow')
        expect(JSON.stringify(Condition?.ArnEquals)).toContain(
          ':iam::444455556666:role/xenkeep-replication-back',
        )
      }
    })
  })

  test('into a second account hands over the objects, and that account lets in three roles only', () => {
    const context = repositoryWith(
      { replica: { ...sample.repository.replica, account: '444455556666' } },
      { account: '111122223333' },
    )
    expect(rulesOf(context)[0].Destination).toMatchObject({
      Account: '444455556666',
      AccessControlTranslation: { Owner: 'Destination' },
    })
    const { template: there } = alone(
      context,
      (app, deployment) =>
        new ReplicaStorageStack(app, 'replica', {
          deployment,
          replica: {
            ...sample.repository.replica,
            account: '444455556666',
            timeControl: false,
            bothWays: false,
          },
        }),
      'standby',
    )
    const allowed = Object.values(there.findResources('AWS::S3::BucketPolicy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
      .filter(
        ({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal).includes('1111'),
      )
    expect(allowed.length).toBeGreaterThan(3)
    for (const { Condition } of allowed)
      expect(JSON.stringify(Condition?.ArnEquals)).toMatch(
        /:iam::111122223333:role\/xenkeep-(gateway-storage|maintenance-storage|replication)/,
      )
    // The denials name the maintenance role of the first account.
    expect(JSON.stringify(there.toJSON())).toContain(
      ':iam::111122223333:role/xenkeep-maintenance-storage',
    )
  })
})

test('packs may be moved to classes that are read at once, and nothing else is moved', () => {
  const { template: moved } = storage(
    repositoryWith({ packs: { class: 'glacier-instant-retrieval', afterDays: 14 } }),
  )
  moved.hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: {
      Rules: Match.arrayWith([
        {
          Id: 'packs',
          Prefix: 'main/packs/',
          Status: 'Enabled',
          Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 14 }],
        },
      ]),
    },
  })
})

test('accesses are recorded as the context says', () => {
  const trail = storage(repositoryWith({ accessLog: 'cloudtrail' })).template
  trail.hasResourceProperties('AWS::CloudTrail::Trail', {
    IsLogging: true,
    EnableLogFileValidation: true,
    EventSelectors: [
      Match.objectLike({ DataResources: [Match.objectLike({ Type: 'AWS::S3::Object' })] }),
    ],
  })
  const none = storage(repositoryWith({ accessLog: 'none' })).template
  none.resourceCountIs('AWS::CloudTrail::Trail', 0)
  none.resourceCountIs('AWS::S3::Bucket', 1)
})

test('sessions of the storage roles are opened by the functions behind the route of credentials alone', () => {
  const roles = ofType('AWS::IAM::Role').filter(({ Properties }) =>
    /^xenkeep-(gateway|maintenance)-storage$/.test(String(Properties.RoleName)),
  )
  expect(roles).toHaveLength(2)
  for (const { Properties } of roles) {
    const { Statement: trust } = Properties.AssumeRolePolicyDocument as { Statement: Statement[] }
    expect(trust).toHaveLength(1)
    const trusted = JSON.stringify(trust[0]?.Condition?.ArnEquals)
    expect(trusted).toContain(':role/xenkeep-credentials-eu-central-1')
    expect(trusted).toContain(':role/xenkeep-credentials-eu-west-1')
    expect(Properties.MaxSessionDuration).toBe(3_600)
  }
  for (const site of ['primary', 'standby'] as const) {
    const named = ofType('AWS::IAM::Role', site).filter(({ Properties }) =>
      String(Properties.RoleName).startsWith('xenkeep-credentials-'),
    )
    expect(named.map(({ id }) => id.replace(/Role.*$/, ''))).toEqual(['Credentials'])
  }
})

test('the key of the slots is one key in both regions, turned seldom and never lost with a stack', () => {
  template('xenkeep-keys').hasResource('AWS::KMS::Key', {
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: {
      MultiRegion: true,
      EnableKeyRotation: true,
      RotationPeriodInDays: 2_560,
      PendingWindowInDays: 30,
    },
  })
  template('xenkeep-keys-standby').hasResource('AWS::KMS::ReplicaKey', {
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: { PendingWindowInDays: 30 },
  })
  for (const stack of ['xenkeep-keys', 'xenkeep-keys-standby'])
    template(stack).hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/xenkeep-slots' })
})
