import { Aws, Duration, Validations } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import {
  type Deployment,
  scheduledRunName,
  scheduleGroupName,
  schedulerNames,
} from '../deployment.ts'
import { startRuns } from '../rights/workflow.ts'
import { watch } from './alarm.ts'
import { HandlerFunction } from './handler-function.ts'
import { KEPT } from './kept.ts'

/**
 * Where the schedules of policies stand: their group, the role with which EventBridge Scheduler calls the one function that begins a scheduled run, and the queue for
 * calls that came to nothing after all its attempts. The schedules themselves are made when policies are saved.
 */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id)
    const { roleName, queueName } = schedulerNames(deployment)
    new CfnScheduleGroup(this, 'Group', { name: scheduleGroupName(deployment) })
    const lost = new Queue(this, 'Lost', {
      queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: KEPT,
    })
    Validations.of(lost).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'It is itself where lost calls end; EventBridge Scheduler is told of it by each schedule.',
    })
    new HandlerFunction(this, 'Run', {
      file: 'functions/events/run-scheduled-policy.ts',
      functionName: scheduledRunName(deployment),
      deployment,
      access: 'write',
      rights: [startRuns(deployment)],
      timeout: Duration.minutes(2),
      deadLetters: lost,
    })
    const role = new Role(this, 'Role', {
      roleName,
      description: 'EventBridge Scheduler begins the runs of policies',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, // nobody else's schedules (confused deputy)
      }),
    })
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [
          `arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:function:${scheduledRunName(deployment)}`,
        ],
      }),
    )
    lost.grantSendMessages(role)
    watch(this, 'SchedulesLost', {
      deployment,
      metric: new Metric({
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensionsMap: { QueueName: queueName },
        statistic: 'Maximum',
        period: Duration.minutes(5),
      }),
      threshold: 1,
      evaluationPeriods: 1,
      says: 'A schedule could not begin its run, after all attempts.',
      section: 'A schedule was lost',
    })
  }
}
