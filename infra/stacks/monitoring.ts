import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { type Deployment, machineArnOf, tableNameOf } from '../deployment.ts'
import { known } from '../known-values.ts'

export interface MonitoringStackProps extends StackProps {
  deployment: Deployment
}

/** One dashboard, where it is wanted: beyond the first three of an account it is more than half of what an idle deployment costs. The alarms stand beside what they watch. */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: MonitoringStackProps) {
    super(scope, id, props)
    const { context } = deployment
    const metric = (
      namespace: string,
      metricName: string,
      dimensionsMap: Record<string, string>,
      statistic = 'Sum',
      period = Duration.minutes(5),
    ): IMetric => new Metric({ namespace, metricName, dimensionsMap, statistic, period })
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 8 })
    const api = { ApiId: known(this, deployment, 'api-id') }
    const table = { TableName: tableNameOf(deployment) }
    const ofRuns = (name: string) =>
      ['PolicyRun', 'RestoreRun', 'ReplicationRun', 'Maintenance'].map(machine =>
        metric('AWS/States', name, { StateMachineArn: machineArnOf(deployment, machine) }),
      )
    const stored = (storageType: string) =>
      metric(
        'AWS/S3',
        'BucketSizeBytes',
        { BucketName: context.repository.bucket, StorageType: storageType },
        'Average',
        Duration.days(1),
      )
    new Dashboard(this, 'Dashboard', {
      dashboardName: context.name,
      widgets: [
        [
          new TextWidget({
            markdown: `# ${context.name}\nWhat alarms mean and what to do: docs/runbook.md`,
            width: 24,
            height: 2,
          }),
        ],
        [
          graph('Runs started', ofRuns('ExecutionsStarted')),
          graph('Runs ended well', ofRuns('ExecutionsSucceeded')),
          graph('Runs broken', [...ofRuns('ExecutionsFailed'), ...ofRuns('ExecutionsTimedOut')]),
        ],
        [
          graph('API: calls, refused, failed', [
            metric('AWS/ApiGateway', 'Count', api),
            metric('AWS/ApiGateway', '4xx', api),
            metric('AWS/ApiGateway', '5xx', api),
          ]),
          graph('API: time to answer, ms', [
            metric('AWS/ApiGateway', 'Latency', api, 'p50'),
            metric('AWS/ApiGateway', 'Latency', api, 'p99'),
          ]),
          graph('Functions of the account: errors, throttles', [
            metric('AWS/Lambda', 'Errors', {}),
            metric('AWS/Lambda', 'Throttles', {}),
          ]),
        ],
        [
          graph('Catalog: units read and written', [
            metric('AWS/DynamoDB', 'ConsumedReadCapacityUnits', table),
            metric('AWS/DynamoDB', 'ConsumedWriteCapacityUnits', table),
          ]),
          graph('Repository: bytes, by storage class', [
            stored('StandardStorage'),
            stored('StandardIAStorage'),
            stored('GlacierInstantRetrievalStorage'),
            stored('IntelligentTieringFAStorage'),
            stored('IntelligentTieringIAStorage'),
            stored('IntelligentTieringAIAStorage'),
          ]),
          graph('Catalog: behind in the second region, ms', [
            metric(
              'AWS/DynamoDB',
              'ReplicationLatency',
              { ...table, ReceivingRegion: context.standbyRegion ?? context.region },
              'Average',
            ),
          ]),
        ],
      ],
    })
  }
}
