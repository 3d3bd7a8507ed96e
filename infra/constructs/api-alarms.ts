import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { watch } from './alarm.ts'

/** What is wrong with an API that answers with errors of its own. Calls that are refused (4xx) are those of their callers. */
export const watchApi = (scope: Construct, deployment: Deployment, apiId: string): void =>
  watch(scope, 'ApiFails', {
    deployment,
    metric: new Metric({
      namespace: 'AWS/ApiGateway',
      metricName: '5xx',
      dimensionsMap: { ApiId: apiId },
      statistic: 'Sum',
      period: Duration.minutes(5),
    }),
    threshold: 5,
    evaluationPeriods: 2,
    says: 'The API answered at least 5 calls with an error of its own, in each of two periods of 5 minutes.',
    section: 'The API fails',
  })
