import { ArnFormat, Stack } from 'aws-cdk-lib'
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { alarmsTopicName, type Deployment } from '../deployment.ts'

export interface WatchProps extends Pick<AlarmProps, 'evaluationPeriods' | 'datapointsToAlarm'> {
  deployment: Deployment
  metric: IMetric
  threshold: number
  /** `above`: at the threshold and above it. */
  when?: 'above' | 'below'
  /** What silence means: nothing, unless told. */
  silence?: 'fine' | 'alarm'
  /** What is wrong then, in one sentence. */
  says: string
  /** The heading of docs/runbook.md that tells what to do. */
  section: string
}

/** GitHub's anchor of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-')

/**
 * An alarm that tells operators by the alarms topic, declared next to what it watches, and none where the context wants none. Each costs 0.10 USD a month for each of its
 * metrics beyond the account's first ten.
 */
export const watch = (
  scope: Construct,
  id: string,
  {
    deployment,
    metric,
    threshold,
    when = 'above',
    silence = 'fine',
    says,
    section,
    ...periods
  }: WatchProps,
): void => {
  const { alarms, name } = deployment.context
  if (!alarms.enabled) return
  const alarm = new Alarm(scope, `${id}Alarm`, {
    alarmName: `${name}-${id.replace(/(?<!^)[A-Z]/g, letter => `-${letter}`).toLowerCase()}`,
    alarmDescription: `${says} What to do: docs/runbook.md#${anchorOf(section)}`,
    metric,
    threshold,
    comparisonOperator:
      when === 'above'
        ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        : ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData:
      silence === 'alarm' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    ...periods,
  })
  const topic = Topic.fromTopicArn(scope, `${id}Topic`, alarmsTopicArn(scope, deployment))
  alarm.addAlarmAction(new SnsAction(topic))
  alarm.addOkAction(new SnsAction(topic))
}

export const alarmsTopicArn = (scope: Construct, deployment: Deployment): string =>
  Stack.of(scope).formatArn({
    service: 'sns',
    resource: alarmsTopicName(deployment),
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  })
