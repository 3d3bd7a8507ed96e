import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { type Deployment, tableNameOf } from '../deployment.ts'
import { watch } from './alarm.ts'

/** The catalog refuses work, or its replica falls behind. */
export const watchCatalog = (scope: Construct, deployment: Deployment): void => {
  const { standbyRegion } = deployment.context
  const metric = (
    metricName: string,
    statistic: string,
    dimensions: Record<string, string> = {},
  ): Metric =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName: tableNameOf(deployment), ...dimensions },
      statistic,
      period: Duration.minutes(5),
    })
  // One alarm each: both metrics are there only while something is throttled, and of a sum whose one part is missing CloudWatch computes nothing.
  for (const calls of ['Read', 'Write'])
    watch(scope, `Catalog${calls}sThrottled`, {
      deployment,
      metric: metric(`${calls}ThrottleEvents`, 'Sum'),
      threshold: 50,
      evaluationPeriods: 3,
      says: `The catalog has throttled at least 50 ${calls.toLowerCase()}s in each of three periods of 5 minutes.`,
      section: 'The catalog throttles',
    })
  if (standbyRegion !== undefined)
    watch(scope, 'CatalogReplicaBehind', {
      deployment,
      metric: metric('ReplicationLatency', 'Average', { ReceivingRegion: standbyRegion }),
      threshold: 60_000, // ms; usually one or two seconds
      evaluationPeriods: 3,
      says: 'The replica of the catalog in the second region is a minute behind or more.',
      section: 'The second region falls behind',
    })
}
