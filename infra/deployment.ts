import { Aws } from 'aws-cdk-lib'

/**
 * What the stacks of one region share. They refer to each other by names that are known beforehand instead of CloudFormation's
 * exports: no stack then forbids another one to change, and what is in the other region is named in the same way.
 */
export interface Deployment {
  /** `s3://bucket/prefix` of the repository. */
  repositoryAddress: string
  /** What every name of ours begins with. */
  prefix: string
}

/** `xenkeep-catalog`; the replica of a global table has the same name. */
export const tableNameOf = ({ prefix }: Deployment): string => `${prefix}-catalog`

/** A machine's name, and with it its ARN, is known before the machine is made: functions that it calls may name it in their rights. */
export const machineNameOf = ({ prefix }: Deployment, machine: string): string =>
  `${prefix}-${machine}`

export const machineArnOf = (deployment: Deployment, machine: string): string =>
  `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:stateMachine:${machineNameOf(deployment, machine)}`
