import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { type Deployment, machineArnOf } from '../deployment.ts'
import { alarmsTopicArn, anchorOf, watch } from './alarm.ts'

/**
 * Functions that fail, and runs that break or do not end; in both regions, since after a take-over the work is in the second one.
 */
export const watchWork = (scope: Construct, deployment: Deployment): void => {
  const { alarms } = deployment.context
  // Without a dimension: of all functions of the account in this region together, which is one metric instead of eighty.
  const ofFunctions = (metricName: string): Metric =>
    new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      statistic: 'Sum',
      period: Duration.minutes(5),
    })
  watch(scope, 'FunctionsFail', {
    deployment,
    metric: ofFunctions('Errors'),
    // What comes each minute and fails each time makes 5, and must not be passed over.
    threshold: 4,
    evaluationPeriods: 3,
    says: 'Functions of this account failed at least 4 times in each of three periods of 5 minutes.',
    section: 'Functions fail',
  })
  watch(scope, 'FunctionsThrottled', {
    deployment,
    metric: ofFunctions('Throttles'),
    threshold: 10,
    evaluationPeriods: 3,
    says: 'Functions of this account were throttled at least 10 times in each of three periods of 5 minutes.',
    section: 'Functions are throttled',
  })
  if (alarms.enabled) tellBrokenRuns(scope, deployment)
  // The second region has none to wait for, or would cry as long as it stands by.
  if (deployment.site === 'standby') return
  watch(scope, 'NoRunEnded', {
    deployment,
    metric: new Metric({
      namespace: 'AWS/States',
      metricName: 'ExecutionsSucceeded',
      dimensionsMap: { StateMachineArn: machineArnOf(deployment, 'PolicyRun') },
      statistic: 'Sum',
      period: Duration.days(1),
    }),
    threshold: 1,
    when: 'below',
    silence: 'alarm',
    evaluationPeriods: alarms.quietDays,
    says: `No run of backups came to its end for ${alarms.quietDays} ${alarms.quietDays === 1 ? 'day' : 'days'}.`,
    section: 'No run came to its end',
  })
}

/**
 * A run whose execution itself broke: what becomes of its jobs is recorded and told otherwise. By an event instead of an alarm, which costs nothing and names the run.
 */
const tellBrokenRuns = (scope: Construct, deployment: Deployment): void => {
  const topic = Topic.fromTopicArn(scope, 'BrokenRunsTopic', alarmsTopicArn(scope, deployment))
  new Rule(scope, 'BrokenRuns', {
    description: `docs/runbook.md#${anchorOf('A run broke')}`,
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: {
        status: ['FAILED', 'TIMED_OUT'],
        stateMachineArn: ['PolicyRun', 'RestoreRun', 'ReplicationRun', 'Maintenance'].map(machine =>
          machineArnOf(deployment, machine),
        ),
      },
    },
    targets: [
      new SnsTopic(topic, {
        message: RuleTargetInput.fromText(
          `XenKeep: an execution of a run ended badly. What to do: docs/runbook.md#${anchorOf('A run broke')}`,
        ),
      }),
    ],
  })
}
