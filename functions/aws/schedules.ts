import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { eventBridgeSchedules } from '#adapters/aws/schedules.ts'
import { SchedulesUnavailableError } from '#core/errors/policies.ts'
import type { Schedules } from '#core/ports.ts'

/** Only the function that looks after policies is told where schedules stand. @param environment of this function */
export const awsSchedules = (environment: NodeJS.ProcessEnv): Schedules => {
  const {
    XENKEEP_SCHEDULE_GROUP: group,
    XENKEEP_SCHEDULE_FUNCTION_ARN: functionArn,
    XENKEEP_SCHEDULE_ROLE_ARN: roleArn,
    XENKEEP_SCHEDULE_DEAD_LETTER_ARN: deadLetterArn,
  } = environment
  if (!group || !functionArn || !roleArn || !deadLetterArn) {
    const refuse = async () => {
      throw new SchedulesUnavailableError('get a call: this function was not told of it')
    }
    return { put: refuse, remove: refuse }
  }
  const target = { group, functionArn, roleArn, deadLetterArn }
  return eventBridgeSchedules({ client: new SchedulerClient({}), target })
}
