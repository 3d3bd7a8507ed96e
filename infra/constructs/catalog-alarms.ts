import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { type Deployment, regionsOf, tableNameOf } from '../deployment.ts'
import { watch } from './alarm.ts'

/** The catalog refuses work, or what is written to it arrives late in the other region: each region knows of its own calls, and of what it sends. */
export const watchCatalog = (scope: Construct, deployment: Deployment): void => {
  const other = regionsOf(deployment.context).find(region => region !== deployment.region)
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
  if (other !== undefined)
    watch(scope, 'CatalogReplicaBehind', {
      deployment,
      metric: metric('ReplicationLatency', 'Average', { ReceivingRegion: other }),
      threshold: 60_000, // ms; usually one or two seconds
      evaluationPeriods: 3,
      says: `What is written to the catalog here arrives in ${other} a minute late or later.`,
      section: 'The catalog of the other region falls behind',
    })
}
