import { Aws, Duration } from 'aws-cdk-lib'
import {
  AccountRootPrincipal,
  Effect,
  ManagedPolicy,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { STEERING } from '#core/access/place.ts'
import type { Context } from '../context/context.ts'
import { slotKeyAlias, storageKeyAlias, storageRoles } from '../deployment.ts'
import { acknowledgeWildcards } from './acknowledge.ts'

/** Reads of objects, of their versions and of their locks. */
const READ = [
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectRetention',
  's3:GetObjectLegalHold',
]
const LOOK = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
]

/**
 * The outermost that gateways may do: each gets a session of one of these roles, cut down to one job by a session policy (core/access/). Only the functions
 * behind the route `credentials` are trusted, by the names of their roles.
 */
export class StorageRoles extends Construct {
  constructor(scope: Construct, id: string, context: Context) {
    super(scope, id)
    const { gateway, maintenance, credentials } = storageRoles(context)
    const { repository } = context
    const buckets = [
      repository.bucket,
      ...(repository.replica ? [repository.replica.bucket] : []),
    ].map(name => `arn:${Aws.PARTITION}:s3:::${name}`)
    const objectsOf = (bucket: string) =>
      `${bucket}/${repository.prefix && `${repository.prefix}/`}*`
    const objects = buckets.map(objectsOf)
    const allow = (actions: string[], resources: string[], conditions = {}) =>
      new PolicyStatement({ actions, resources, conditions })
    const neverTo = (actions: string[], beginnings: readonly string[]) =>
      new PolicyStatement({
        effect: Effect.DENY,
        actions,
        resources: objects.flatMap(all => beginnings.map(below => all.replace(/\*$/, `${below}*`))),
      })

    const role = (
      name: string,
      { roleName, description }: { roleName: string; description: string },
      more: PolicyStatement[],
    ) => {
      const ofKeys = keyRights(context)
      const rights = new ManagedPolicy(this, `${name}Rights`, {
        description: `${description}; at the same time the boundary of the role`,
        statements: [allow(READ, objects), allow(LOOK, buckets), ...ofKeys, ...more],
      })
      new Role(this, name, {
        roleName,
        description,
        // A principal of the account, narrowed to named roles: unlike a role as principal it may be made before them, and
        // survives that they are made anew.
        assumedBy: new AccountRootPrincipal().withConditions({
          ArnEquals: { 'aws:PrincipalArn': credentials.map(({ arn }) => arn) },
        }),
        maxSessionDuration: Duration.hours(1), // a role's session that opens another gets no more (STS)
        managedPolicies: [rights],
        // Revocations are written to the role as inline policies (infra/rights/storage.ts): such a one can take away and never add.
        permissionsBoundary: rights,
      })
      acknowledgeWildcards(
        rights,
        [...objects, ...ofKeys.flatMap(({ resources }) => resources)],
        'All objects of one repository; sessions are cut down to one job by their session policy. Keys only by the alias in the condition.',
      )
    }

    // In the second region too: after a take-over backups go on there. Which of the two buckets a session reaches, its session policy says.
    role(
      'Gateway',
      {
        roleName: gateway.name,
        description: 'Sessions of gateways: backups, restores, locks of held points',
      },
      [
        allow(['s3:PutObject', 's3:PutObjectRetention'], objects),
        neverTo(['s3:PutObject'], STEERING),
      ],
    )
    // Removals are not replicated: maintenance collects in both buckets.
    role(
      'Maintenance',
      {
        roleName: maintenance.name,
        description: 'Sessions of gateways that collect, verify and heal',
      },
      [
        // Locks only where somebody heals by hand, and locks what he puts back as it was: no session of a job may set one.
        allow(['s3:PutObject', 's3:PutObjectRetention', 's3:DeleteObjectVersion'], objects),
        // Without its keys a repository is noise: they go by hand, and never by a job.
        neverTo(['s3:DeleteObjectVersion', 's3:PutObject'], ['keys/', 'repo/']),
      ],
    )
  }
}

/** Keys are named by their aliases, which are the same in both regions. */
const keyRights = (context: Context): PolicyStatement[] => {
  const { keys, repository } = context
  const rights = []
  const keysOf = (account: string) => `arn:${Aws.PARTITION}:kms:*:${account}:key/*`
  const named = (alias: string) => ({
    'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias },
  })
  if (keys.slots)
    rights.push(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [keysOf(Aws.ACCOUNT_ID)],
        conditions: {
          ...named(slotKeyAlias(context)),
          Null: { 'kms:EncryptionContext:xenkeep:repository': 'false' },
        },
      }),
    )
  if (repository.encryption === 'kms')
    rights.push(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [Aws.ACCOUNT_ID, repository.replica?.account ?? []].flat().map(keysOf),
        conditions: named(storageKeyAlias(context)),
      }),
    )
  return rights
}
