import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { watch } from './alarm.ts'

/** What is wrong with an API that answers with errors of its own, or late. Calls that are refused (4xx) are those of their callers. */
export const watchApi = (scope: Construct, deployment: Deployment, apiId: string): void => {
  const metric = (metricName: string, statistic: string) =>
    new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiId: apiId },
      statistic,
      period: Duration.minutes(5),
    })
  watch(scope, 'ApiFails', {
    deployment,
    metric: metric('5xx', 'Sum'),
    threshold: 5,
    evaluationPeriods: 2,
    says: 'The API answered at least 5 calls with an error of its own, in each of two periods of 5 minutes.',
    section: 'The API fails',
  })
  watch(scope, 'ApiSlow', {
    deployment,
    metric: metric('Latency', 'p90'), // ms; a function that starts takes a second or two
    threshold: 5_000,
    evaluationPeriods: 3,
    says: 'One of ten calls of the API took 5 seconds or more, in each of three periods of 5 minutes.',
    section: 'The API is slow',
  })
}
