import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SFNClient } from '@aws-sdk/client-sfn'
import { auditCopyOf } from '#adapters/aws/audit-copy.ts'
import { dynamoCatalog } from '#adapters/aws/catalog.ts'
import { s3Items } from '#adapters/aws/item-lists.ts'
import { lambdaAuthenticator } from '#adapters/aws/lambda-authenticator.ts'
import { stepFunctionsWorkflow } from '#adapters/aws/workflow.ts'
import { inlineItems } from '#adapters/memory/item-lists.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { GatewayKeyDays, type ReplicaSettings, RestoreApproval } from '#core/contracts/settings.ts'
import { EnvironmentMissingError } from '#core/errors/settings.ts'
import type { ItemLists } from '#core/ports.ts'
import { inRegion, setupOf } from '../in-region.ts'
import type { Ports } from '../ports.ts'
import { awsDeliver } from './deliver.ts'
import { awsGrants } from './grants.ts'
import { awsSchedules } from './schedules.ts'
import { awsTransit } from './transit.ts'

const requireEnv = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new EnvironmentMissingError(name)
  return value
}

/** Only the function that plans runs is told of a bucket, where Maps are distributed. */
const itemLists = (bucket: string | undefined): ItemLists =>
  bucket === undefined ? inlineItems() : s3Items({ client: new S3Client({}), bucket })

const daysOf = (text: string | undefined): number =>
  GatewayKeyDays.parse(text === undefined ? undefined : Number(text))

/** The bucket of the other region, where there is one. */
const secondCopy = (): ReplicaSettings | undefined => {
  const { XENKEEP_SECOND_COPY: address, XENKEEP_SECOND_COPY_REGION: region } = process.env
  return address ? { address, ...(region && { region }) } : undefined
}

/** What the handlers work with in the cloud. @throws `ENVIRONMENT_MISSING` */
export const awsPorts = (copy = secondCopy()): Ports => ({
  ...inRegion(
    setupOf(process.env.AWS_REGION ?? 'aws', process.env.XENKEEP_REGIONS),
    dynamoCatalog({ client: new DynamoDBClient({}), table: requireEnv('XENKEEP_TABLE') }),
  ),
  workflow: stepFunctionsWorkflow({
    client: new SFNClient({}),
    // Only the functions that start a run are told where the machines are.
    machineArns: {
      PolicyRun: process.env.XENKEEP_POLICY_RUN_ARN,
      RestoreRun: process.env.XENKEEP_RESTORE_RUN_ARN,
      ReplicationRun: process.env.XENKEEP_REPLICATION_RUN_ARN,
      Maintenance: process.env.XENKEEP_MAINTENANCE_ARN,
    },
  }),
  clock: systemClock,
  random: systemRandom,
  items: itemLists(process.env.XENKEEP_ITEMS_BUCKET),
  deliver: awsDeliver(process.env.XENKEEP_SECRETS),
  authenticator: lambdaAuthenticator(),
  grants: awsGrants(requireEnv('XENKEEP_REPOSITORY'), copy),
  auditCopy: auditCopyOf(process.env),
  restoreApproval: RestoreApproval.default('none').parse(process.env.XENKEEP_RESTORE_APPROVAL),
  schedules: awsSchedules(process.env),
  transit: awsTransit(process.env.XENKEEP_TRANSIT_BUCKET),
  timing: {
    ...{ idlePollSeconds: 20, activePollSeconds: 2, heartbeatSeconds: 30 },
    gatewayKeyDays: daysOf(process.env.XENKEEP_GATEWAY_KEY_DAYS),
  },
  repositoryAddress: requireEnv('XENKEEP_REPOSITORY'),
  ...(copy && { secondCopy: copy }),
})
