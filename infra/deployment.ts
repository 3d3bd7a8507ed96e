import { Aws } from 'aws-cdk-lib'
import type { Context } from './context/context.ts'

/**
 * One region of a deployment. Its stacks refer to each other by names that are known beforehand instead of CloudFormation's
 * exports: no stack then forbids another one to change, and what is in the other region is named in the same way.
 */
export interface Deployment {
  context: Context
  /** Which of the two control planes. */
  site: 'primary' | 'standby'
  /** Of this control plane. */
  region: string
}

/** All regions that a control plane of ours stands in, the first one first. */
export const regionsOf = ({ region, standbyRegion }: Context): string[] =>
  standbyRegion === undefined ? [region] : [region, standbyRegion]

/** The repository as functions of this region know it: the replica in the second one. */
export const repositoryAddressOf = ({ context: { repository }, site }: Deployment): string => {
  const bucket = site === 'standby' ? repository.replica?.bucket : undefined
  const { prefix } = repository
  return `s3://${bucket ?? repository.bucket}${prefix && `/${prefix}`}`
}

/** The bucket of the other region, and that region: the replica, and in the second region the first one. */
export const secondCopyOf = ({
  context,
  site,
}: Deployment): { address: string; region: string } | undefined => {
  const { repository, region: first, standbyRegion } = context
  if (!repository.replica || standbyRegion === undefined) return undefined
  const [other, region] =
    site === 'standby' ? (['primary', first] as const) : (['standby', standbyRegion] as const)
  return { address: repositoryAddressOf({ context, site: other, region }), region }
}

/** `xenkeep-catalog`; the replica of a global table has the same name. */
export const tableNameOf = ({ context }: Deployment): string => `${context.name}-catalog`

/** A machine's name, and with it its ARN, is known before the machine is made: functions that it calls may name it in their rights. */
export const machineNameOf = ({ context }: Deployment, machine: string): string =>
  `${context.name}-${machine}`

export const machineArnOf = (deployment: Deployment, machine: string): string =>
  `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:stateMachine:${machineNameOf(deployment, machine)}`

const roleArn = (account: string, name: string): string =>
  `arn:${Aws.PARTITION}:iam::${account}:role/${name}`

/** Roles of which gateways get short sessions, cut down to one job; and the only functions that may open such sessions. */
export const storageRoles = (context: Context, account: string = Aws.ACCOUNT_ID) => ({
  gateway: {
    name: `${context.name}-gateway-storage`,
    arn: roleArn(account, `${context.name}-gateway-storage`),
  },
  maintenance: {
    name: `${context.name}-maintenance-storage`,
    arn: roleArn(account, `${context.name}-maintenance-storage`),
  },
  replication: {
    name: `${context.name}-replication`,
    arn: roleArn(account, `${context.name}-replication`),
  },
  /** The way back, by the account of the replica. */
  replicationBack: {
    name: `${context.name}-replication-back`,
    arn: roleArn(
      context.repository.replica?.account ?? account,
      `${context.name}-replication-back`,
    ),
  },
  /** Of the function behind the route `credentials`, one in each region, since names of roles are worldwide. */
  credentials: regionsOf(context).map(region => ({
    region,
    name: `${context.name}-credentials-${region}`,
    arn: roleArn(account, `${context.name}-credentials-${region}`),
  })),
})

/** `alias/xenkeep-slots` in each region: the key that wraps the keys of the repository. */
export const slotKeyAlias = ({ name }: Context): string => `alias/${name}-slots`

/** `alias/xenkeep-storage` in each region, where S3 encrypts with a key of the account. */
export const storageKeyAlias = ({ name }: Context): string => `alias/${name}-storage`

/** Operators hear of alarms by it. */
export const alarmsTopicName = ({ context }: Deployment): string => `${context.name}-alarms`

/** Whoever subscribes to it gets the messages of channels of the kind SNS: by mail, by SMS, by push. */
export const noticesTopicName = ({ context }: Deployment): string => `${context.name}-notices`

/** What SES sends goes through this set: TLS is required, and what bounces is told. */
export const mailSetName = ({ context }: Deployment): string => `${context.name}-mail`

/** Schedules of policies stand in this group of EventBridge Scheduler. */
export const scheduleGroupName = ({ context }: Deployment): string => `${context.name}-policies`

/** The one function that schedules call. */
export const scheduledRunName = ({ context }: Deployment): string => `${context.name}-scheduled-run`

/** The role of EventBridge Scheduler, and the queue of what it could not deliver. */
export const schedulerNames = ({ context, region }: Deployment) => ({
  roleName: `${context.name}-scheduler-${region}`,
  queueName: `${context.name}-schedules-lost`,
})

/** Where people sign in; in the second region under a name of its own. */
export const signInPrefixOf = ({ context, site }: Deployment): string =>
  `${context.people.signInDomain}${site === 'standby' ? '-standby' : ''}`

export const signInHostOf = (deployment: Deployment): string =>
  `${signInPrefixOf(deployment)}.auth.${deployment.region}.amazoncognito.com`

/** What is in transit between gateways and browsers, of one region and account. */
export const transitBucketNameOf = ({ context }: Deployment): string =>
  `${context.name}-transit-${Aws.ACCOUNT_ID}-${Aws.REGION}`
