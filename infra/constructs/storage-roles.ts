import { Aws, Duration } from 'aws-cdk-lib'
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Context } from '../context.ts'
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
    const [first = ''] = buckets
    const objects = buckets.map(objectsOf)
    const allow = (actions: string[], resources: string[], conditions = {}) =>
      new PolicyStatement({ actions, resources, conditions })

    const role = (name: string, roleName: string, description: string) => {
      const made = new Role(this, name, {
        roleName,
        description,
        // A principal of the account, narrowed to named roles: unlike a role as principal it may be made before them, and
        // survives that they are made anew.
        assumedBy: new AccountRootPrincipal().withConditions({
          ArnEquals: { 'aws:PrincipalArn': credentials.map(({ arn }) => arn) },
        }),
        maxSessionDuration: Duration.hours(1), // a role's session that opens another gets no more (STS)
      })
      made.addToPolicy(allow(READ, objects))
      made.addToPolicy(allow(LOOK, buckets))
      const ofKeys = keyRights(context)
      for (const statement of ofKeys) made.addToPolicy(statement)
      acknowledgeWildcards(
        made,
        [...objects, ...ofKeys.flatMap(({ resources }) => resources)],
        'All objects of one repository; sessions are cut down to one job by their session policy. Keys only by the alias in the condition.',
      )
      return made
    }

    // The replica is written by S3 alone.
    const gatewayRole = role('Gateway', gateway.name, 'Sessions of gateways: backups and restores')
    gatewayRole.addToPolicy(allow(['s3:PutObject', 's3:PutObjectRetention'], [objectsOf(first)]))
    // Removals are not replicated: maintenance collects in both buckets.
    const maintenanceRole = role(
      'Maintenance',
      maintenance.name,
      'Sessions of gateways that collect, verify and heal',
    )
    maintenanceRole.addToPolicy(
      allow(
        [
          's3:PutObject',
          's3:PutObjectRetention',
          's3:PutObjectLegalHold',
          's3:DeleteObjectVersion',
        ],
        objects,
      ),
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
