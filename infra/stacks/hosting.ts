import { CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { putConsole } from '../constructs/console-content.ts'
import { consoleHeaders } from '../constructs/console-headers.ts'
import { KEPT } from '../constructs/kept.ts'
import { signInClient } from '../constructs/sign-in-client.ts'
import { transitBucket, transitOriginOf } from '../constructs/transit-bucket.ts'
import { type Deployment, signInHostOf } from '../deployment.ts'
import { known } from '../known-values.ts'

/** A page of the console has no file of its own: every path without a dot in its last part is the application. */
const PAGES = `function handler(event) {
  var request = event.request
  if (!/\\.[^/]*$/.test(request.uri)) request.uri = '/index.html'
  return request
}`

export interface HostingStackProps extends StackProps {
  deployment: Deployment
  /** Of AWS WAF, where the context asks for it. */
  webAclArn?: string
}

/** The console and, under the same name, the API: only the sealed answers of looks at files come from another origin, by its permission (CORS). */
export class HostingStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, webAclArn, ...props }: HostingStackProps,
  ) {
    super(scope, id, props)
    const { context, site, region } = deployment
    // A name can belong to one distribution only; the second region has CloudFront's own.
    const domain = site === 'primary' ? context.console.domain : undefined
    const signInHost = signInHostOf(deployment)

    const bucket = new Bucket(this, 'Console', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: KEPT,
    })
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'It holds the files of the console, which are public, and only CloudFront reads them.',
    })
    const headers = consoleHeaders(this, {
      name: `${context.name}-${site}`,
      calls: [`https://${signInHost}`, transitOriginOf(deployment, this.urlSuffix)],
    })
    const common = {
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      responseHeadersPolicy: headers,
    }
    const distribution = new Distribution(this, 'Distribution', {
      comment: `${context.name} console and API (${site})`,
      defaultRootObject: 'index.html',
      defaultBehavior: {
        ...common,
        origin: S3BucketOrigin.withOriginAccessControl(bucket as IBucket),
        functionAssociations: [
          {
            eventType: FunctionEventType.VIEWER_REQUEST,
            function: new EdgeFunction(this, 'Pages', {
              code: FunctionCode.fromInline(PAGES),
              runtime: FunctionRuntime.JS_2_0,
            }),
          },
        ],
      },
      additionalBehaviors: {
        '/v1/*': {
          ...common,
          viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
          origin: new HttpOrigin(
            `${known(this, deployment, 'api-id')}.execute-api.${region}.${this.urlSuffix}`,
            {
              protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
              originSslProtocols: [OriginSslPolicy.TLS_V1_2],
            },
          ),
          allowedMethods: AllowedMethods.ALLOW_ALL,
          cachePolicy: CachePolicy.CACHING_DISABLED,
          originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        },
      },
      ...(webAclArn !== undefined && { webAclId: webAclArn }),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      ...(domain && {
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
        domainNames: [domain.name],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
      }),
    })
    const acknowledge = (finding: string, reason: string) =>
      Validations.of(distribution).acknowledge({ id: `AwsSolutions-${finding}`, reason })
    acknowledge('CFR1', 'Administrators may be anywhere; who they are is what counts.')
    if (webAclArn === undefined)
      acknowledge('CFR2', 'AWS WAF is a choice of the context (api.firewall), for its cost.')
    acknowledge('CFR3', 'The API writes down every call; the files of the console are public.')
    acknowledge(
      'CFR4',
      "CloudFront's own name lets viewers choose TLS 1.0; a domain of yours (console.domain) does not. HSTS and the console's own calls use TLS 1.2 and later.",
    )

    const home = `https://${domain?.name ?? distribution.distributionDomainName}`
    transitBucket(this, { deployment, origin: home })
    const userPoolId = known(this, deployment, 'user-pool-id')
    const client = signInClient(this, 'ConsoleClient', {
      userPoolId,
      people: context.people,
      callbacks: [`${home}/signed-in`],
      signedOut: [`${home}/`],
    })
    putConsole(this, {
      bucket,
      distribution,
      logDays: context.logs.days,
      settings: {
        signIn: 'cognito',
        host: `https://${signInHost}`,
        issuer: `https://cognito-idp.${region}.${this.urlSuffix}/${userPoolId}`,
        clientId: client.ref,
        commandLineClientId: known(this, deployment, 'command-line-client-id'),
        region,
      },
    })
    new CfnOutput(this, 'ConsoleUrl', { value: home })
    if (domain)
      new CfnOutput(this, 'DnsRecord', {
        value: `${domain.name} CNAME ${distribution.distributionDomainName}`,
      })
  }
}
