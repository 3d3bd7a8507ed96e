import { Aws } from 'aws-cdk-lib'
import {
  type Deployment,
  scheduledRunName,
  scheduleGroupName,
  schedulerNames,
} from '../deployment.ts'
import type { Right } from './right.ts'

/** Keeps the schedules of the group as the policies are, and lets them call the one function that begins a scheduled run, with the one role that may. */
export const keepSchedules = (deployment: Deployment): Right[] => {
  const group = scheduleGroupName(deployment)
  const { roleName, queueName } = schedulerNames(deployment)
  const here = (service: string) =>
    `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}`
  const roleArn = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleName}`
  return [
    {
      actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
      resources: [`${here('scheduler')}:schedule/${group}/*`],
      because: 'Schedules are named by their policies, which are made later.',
      environment: {
        XENKEEP_SCHEDULE_GROUP: group,
        XENKEEP_SCHEDULE_FUNCTION_ARN: `${here('lambda')}:function:${scheduledRunName(deployment)}`,
        XENKEEP_SCHEDULE_ROLE_ARN: roleArn,
        XENKEEP_SCHEDULE_DEAD_LETTER_ARN: `${here('sqs')}:${queueName}`,
      },
    },
    {
      actions: ['iam:PassRole'],
      resources: [roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    },
  ]
}
