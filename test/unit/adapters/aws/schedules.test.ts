import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { expect, test } from 'vitest'
import { eventBridgeCron } from '#adapters/aws/eventbridge-cron.ts'
import { eventBridgeSchedules } from '#adapters/aws/schedules.ts'

/** Against EventBridge Scheduler User Guide, "Cron-based schedules": fields, values, wildcards. */
test.each([
  ['30 2 * * *', 'cron(30 2 * * ? *)'],
  ['*/15 8-17 * * MON-FRI', 'cron(0,15,30,45 8-17 ? * MON-FRI *)'],
  ['0 22 * * 0,6', 'cron(0 22 ? * SUN,SAT *)'],
  ['0 22 * * 5-7', 'cron(0 22 ? * SUN,FRI-SAT *)'],
  ['0 3 1,15 */3 *', 'cron(0 3 1,15 1,4,7,10 ? *)'],
  ['0 3 L * *', 'cron(0 3 L * ? *)'],
  ['0 3 * * SUN#1', 'cron(0 3 ? * 1#1 *)'],
  ['0 3 * JAN FRI#L', 'cron(0 3 ? 1 6L *)'],
  ['0 */24 * * *', 'cron(0 0 * * ? *)'],
])('"%s" is %s', (ours, theirs) => {
  expect(eventBridgeCron(ours)).toBe(theirs)
})

test('the longest expression is shorter than the 256 characters that the service takes', () => {
  const odd = '1-59/2 1-23/2 1-31/2 1-12/2 *'
  expect(eventBridgeCron(odd).length).toBeLessThanOrEqual(256)
})

const target = {
  ...{ group: 'xenkeep', functionArn: 'arn:function', roleArn: 'arn:role' },
  deadLetterArn: 'arn:queue',
}
const POLICY = '01J00000000000000000000001'

const scripted = (...answers: (string | undefined)[]) => {
  const sent: unknown[] = []
  const client = {
    send: async (command: unknown) => {
      sent.push(command)
      const name = answers.shift()
      if (name) throw Object.assign(new Error(name), { name })
      return {}
    },
  }
  return { sent, schedules: eventBridgeSchedules({ client: client as never, target }) }
}

test('a schedule that is not there is made, in its time zone, for the function, with the time that it is called for', async () => {
  const { sent, schedules } = scripted('ResourceNotFoundException')
  await schedules.put(POLICY, { cron: '30 2 * * *', timeZone: 'Europe/Vienna', from: 1_000 })
  expect(sent[0]).toBeInstanceOf(UpdateScheduleCommand)
  expect(sent[1]).toBeInstanceOf(CreateScheduleCommand)
  expect((sent[1] as CreateScheduleCommand).input).toMatchObject({
    Name: POLICY,
    GroupName: 'xenkeep',
    ScheduleExpression: 'cron(30 2 * * ? *)',
    ScheduleExpressionTimezone: 'Europe/Vienna',
    StartDate: new Date(1_000),
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: 'arn:function',
      Input: `{"policyId":"${POLICY}","due":"<aws.scheduler.scheduled-time>"}`,
      DeadLetterConfig: { Arn: 'arn:queue' },
    },
  })
})

test('one that is there is replaced; one that is gone is removed without a word', async () => {
  const { sent, schedules } = scripted(undefined, 'ResourceNotFoundException')
  await schedules.put(POLICY, { cron: '30 2 * * *', timeZone: 'UTC' })
  await schedules.remove(POLICY)
  expect(sent).toHaveLength(2)
  expect(sent[1]).toBeInstanceOf(DeleteScheduleCommand)
})

test('what the service refuses has a code and may be tried again', async () => {
  const { schedules } = scripted('ThrottlingException', 'AccessDeniedException')
  const refusal = { code: 'SCHEDULES_UNAVAILABLE', retryable: true }
  await expect(
    schedules.put(POLICY, { cron: '30 2 * * *', timeZone: 'UTC' }),
  ).rejects.toMatchObject({
    ...refusal,
    message: `EventBridge Scheduler did not take the schedule of policy ${POLICY}.`,
  })
  await expect(schedules.remove(POLICY)).rejects.toMatchObject(refusal)
})
