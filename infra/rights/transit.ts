import { Aws } from 'aws-cdk-lib'
import { type Deployment, transitBucketNameOf } from '../deployment.ts'
import type { Right } from './right.ts'

const right =
  (action: string) =>
  (deployment: Deployment): Right => {
    const bucket = transitBucketNameOf(deployment)
    return {
      actions: [action],
      resources: [`arn:${Aws.PARTITION}:s3:::${bucket}/transit/*`],
      because: 'Parts of answers are named by looks and questions, whose ids are made later.',
      environment: { XENKEEP_TRANSIT_BUCKET: bucket },
    }
  }

/** Signs URLs at which gateways put sealed parts of answers: who has such a URL has this right, for one part. */
export const putInTransit = right('s3:PutObject')

/** Signs URLs at which browsers get them. */
export const readInTransit = right('s3:GetObject')
