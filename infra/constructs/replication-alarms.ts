import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { ReplicaContext } from '../context/repository.ts'
import type { Deployment } from '../deployment.ts'
import { watch } from './alarm.ts'
import { ruleIdOf } from './replication.ts'

/** Seconds: a first backup of some TB may take so long, a night does not. */
const BEHIND = 4 * 3_600

/**
 * Objects that do not arrive in the other region, or late. S3 tells of failures in the region that they are sent from, and of the delay where they should arrive ("Using S3 Replication metrics",
 * its user guide), so each region watches its half of each way.
 */
export const watchCopies = (
  scope: Construct,
  { deployment, replica }: { deployment: Deployment; replica: ReplicaContext },
): void => {
  const { repository } = deployment.context
  const here = deployment.site === 'primary' ? 'out' : 'back'
  const metric = (direction: 'out' | 'back', metricName: string, statistic: string) => {
    const buckets = [repository.bucket, replica.bucket]
    const [from, to] = direction === 'out' ? buckets : buckets.reverse()
    return new Metric({
      namespace: 'AWS/S3',
      metricName,
      dimensionsMap: {
        SourceBucket: from ?? '',
        DestinationBucket: to ?? '',
        RuleId: ruleIdOf(direction),
      },
      statistic,
      period: Duration.minutes(15),
    })
  }
  if (here === 'out' || replica.bothWays)
    watch(scope, 'RepositoryCopyFails', {
      deployment,
      metric: metric(here, 'OperationsFailedReplication', 'Sum'),
      threshold: 1,
      evaluationPeriods: 1,
      says: 'S3 could not copy objects of the repository to the other region; it does not try them again.',
      section: 'Objects do not reach the other region',
    })
  if (here === 'back' || replica.bothWays)
    watch(scope, 'RepositoryCopyLate', {
      deployment,
      metric: metric(here === 'back' ? 'out' : 'back', 'ReplicationLatency', 'Maximum'),
      threshold: BEHIND,
      evaluationPeriods: 4,
      says: 'Copies of the repository arrive in this region four hours late or later.',
      section: 'Objects do not reach the other region',
    })
}
