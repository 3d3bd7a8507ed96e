import { existsSync } from 'node:fs'
import { DefaultStackSynthesizer, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3'
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment'
import type { Construct } from 'constructs'
import type { ConsoleSettings } from '#core/contracts/console.ts'
import { acknowledgeWildcards } from './acknowledge.ts'

/** Where the console's build puts its files. */
const BUILT = 'console/dist'

export interface ConsoleContentProps {
  bucket: Bucket
  distribution: IDistribution
  logDays: number
  /** What the console reads at its start: where to sign in, and as which program. */
  settings: ConsoleSettings
}

/** Puts the console into its bucket; where it was not built, a page that says so. */
export const putConsole = (
  scope: Construct,
  { bucket, distribution, logDays, settings }: ConsoleContentProps,
): void => {
  new BucketDeployment(scope, 'Content', {
    destinationBucket: bucket as IBucket,
    sources: [
      Source.asset(existsSync(`${BUILT}/index.html`) ? BUILT : 'infra/placeholder', {
        exclude: ['*.gz'], // CloudFront compresses by itself
      }),
      Source.jsonData('settings.json', settings),
    ],
    distribution,
    distributionPaths: ['/index.html', '/settings.json'], // all other files are named by what they hold
    logGroup: new LogGroup(scope, 'ContentLog', {
      retention: logDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  })
  acknowledgeCdkFunction(Stack.of(scope), bucket)
}

/** The function is the CDK's own, as are its rights; it runs while a deployment does, and nobody else may call it. */
const acknowledgeCdkFunction = (stack: Stack, bucket: Bucket): void => {
  const reason = 'The function of the CDK that fills the bucket of the console during a deployment.'
  const made = stack.node.children.find(({ node }) =>
    node.id.startsWith('Custom::CDKBucketDeployment'),
  )
  if (!made) throw new Error('The CDK names the function behind BucketDeployment anew.')
  for (const finding of [
    'L1',
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    ...['GetBucket*', 'GetObject*', 'List*', 'Abort*', 'DeleteObject*'].map(
      action => `IAM5[Action::s3:${action}]`,
    ),
  ])
    Validations.of(made).acknowledge({ id: `AwsSolutions-${finding}`, reason })
  acknowledgeWildcards(
    made,
    [
      '*',
      bucket.arnForObjects('*'),
      `arn:${stack.partition}:s3:::cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-${stack.account}-${stack.region}/*`,
    ],
    reason,
  )
}
