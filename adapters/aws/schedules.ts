import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { SchedulesUnavailableError } from '#core/errors/policies.ts'
import type { CloudSchedule, Schedules } from '#core/ports.ts'
import { eventBridgeCron } from './eventbridge-cron.ts'

/** Where schedules stand, and what they call. */
export interface ScheduleTarget {
  /** Name of the schedule group. */
  group: string
  /** ARN of the function that runs a policy. */
  functionArn: string
  /** ARN of the role that EventBridge Scheduler calls it with. */
  roleArn: string
  /** ARN of the queue for calls that never got through. */
  deadLetterArn: string
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/**
 * EventBridge Scheduler: one schedule for each policy, named by it, in one group.
 *
 * Needs scheduler:CreateSchedule, UpdateSchedule and DeleteSchedule on the schedules of the group, and iam:PassRole for the role.
 */
export const eventBridgeSchedules = ({
  client,
  target,
}: {
  client: Pick<SchedulerClient, 'send'>
  target: ScheduleTarget
}): Schedules => {
  const described = (policyId: string, schedule: CloudSchedule): CreateScheduleCommandInput => ({
    Name: policyId,
    GroupName: target.group,
    ScheduleExpression: eventBridgeCron(schedule.cron),
    ScheduleExpressionTimezone: schedule.timeZone,
    ...(schedule.from !== undefined && { StartDate: new Date(schedule.from) }),
    FlexibleTimeWindow: { Mode: 'OFF' },
    State: 'ENABLED',
    Target: {
      Arn: target.functionArn,
      RoleArn: target.roleArn,
      // The service puts the time in whose name it calls: the same in each repetition.
      Input: JSON.stringify({ policyId, due: '<aws.scheduler.scheduled-time>' }),
      DeadLetterConfig: { Arn: target.deadLetterArn },
      // What looks after policies each minute has run it by then.
      RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 5 },
    },
  })

  return {
    async put(policyId, schedule) {
      const input = described(policyId, schedule)
      try {
        await client.send(new UpdateScheduleCommand(input)).catch(error => {
          if (nameOf(error) !== 'ResourceNotFoundException') throw error
          return client.send(new CreateScheduleCommand(input))
        })
      } catch (error) {
        throw new SchedulesUnavailableError(`take the schedule of policy ${policyId}`, error)
      }
    },

    async remove(policyId) {
      const command = new DeleteScheduleCommand({ Name: policyId, GroupName: target.group })
      try {
        await client.send(command)
      } catch (error) {
        if (nameOf(error) === 'ResourceNotFoundException') return
        throw new SchedulesUnavailableError(`remove the schedule of policy ${policyId}`, error)
      }
    },
  }
}
