import { Match } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { FirewallStack } from '#infra/stacks/firewall.ts'
import { HostingStack } from '#infra/stacks/hosting.ts'
import { resolved } from '#test/support/iam/roles-of.ts'
import { alone, synthesise } from '#test/support/synthesis.ts'

const { template, ofType } = synthesise()

const hosting = (context: unknown, webAclArn?: string) =>
  alone(
    context,
    (app, deployment) =>
      new HostingStack(app, 'hosting', { deployment, ...(webAclArn && { webAclArn }) }),
  ).template

test('nobody signs up by themselves, nobody signs in without a second factor', () => {
  template('xenkeep-identity').hasResourceProperties('AWS::Cognito::UserPool', {
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    MfaConfiguration: 'ON',
    EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    DeletionProtection: 'ACTIVE',
    Policies: {
      PasswordPolicy: Match.objectLike({
        MinimumLength: 14,
        RequireLowercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        RequireUppercase: true,
      }),
    },
  })
})

test('the attribute for roles of company accounts is there from the first day, since Cognito takes none away; without providers nothing else is', () => {
  for (const site of ['primary', 'standby'] as const) {
    const [pool] = ofType('AWS::Cognito::UserPool', site)
    expect(pool?.Properties.Schema).toEqual([
      expect.objectContaining({ Name: 'role', Mutable: true, AttributeDataType: 'String' }),
    ])
    expect(pool?.Properties.LambdaConfig).toBeUndefined()
    expect(ofType('AWS::Cognito::UserPoolIdentityProvider', site)).toEqual([])
  }
})

test('the groups are the roles of the API, the highest first', () => {
  const groups = ofType('AWS::Cognito::UserPoolGroup').map(({ Properties }) => [
    Properties.GroupName,
    Properties.Precedence,
  ])
  expect(groups.sort()).toEqual([
    ['administrator', 0],
    ['operator', 1],
    ['viewer', 2],
  ])
})

test('console and command line sign in by code, keep no secret and see no password', () => {
  const clients = [
    ...ofType('AWS::Cognito::UserPoolClient'),
    ...ofType('AWS::Cognito::UserPoolClient', 'standby'),
  ]
  expect(clients).toHaveLength(4)
  for (const { Properties } of clients) {
    expect(Properties).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      // Not aws.cognito.signin.user.admin: with it people could write attributes, the role among them, to themselves.
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    })
    for (const address of Properties.CallbackURLs as unknown[])
      expect(JSON.stringify(address)).toMatch(/https:\/\/|"http:\/\/localhost:8721\/signed-in"/)
  }
})

test('every program that people sign in with has a sign-in page: without a look Cognito shows none', () => {
  for (const stack of ['xenkeep-identity', 'xenkeep-hosting']) {
    const clients = Object.keys(template(stack).findResources('AWS::Cognito::UserPoolClient'))
    expect(clients).toHaveLength(1)
    template(stack).hasResourceProperties('AWS::Cognito::ManagedLoginBranding', {
      ClientId: { Ref: clients[0] },
      UseCognitoProvidedValues: true,
    })
  }
})

test('browsers are told to trust the console alone', () => {
  const [policy] = ofType('AWS::CloudFront::ResponseHeadersPolicy')
  expect(resolved(policy?.Properties.ResponseHeadersPolicyConfig)).toMatchObject({
    SecurityHeadersConfig: {
      ContentSecurityPolicy: {
        ContentSecurityPolicy:
          "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self' https://example-xenkeep.auth.eu-central-1.amazoncognito.com https://xenkeep-transit-111122223333-eu-central-1.s3.eu-central-1.amazonaws.com; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        Override: true,
      },
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY', Override: true },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
      StrictTransportSecurity: {
        AccessControlMaxAgeSec: 63_072_000,
        IncludeSubdomains: true,
        Override: true,
      },
    },
  })
})

test('CloudFront alone reads the console, keeps no answer of the API, and hands on every header but the host', () => {
  template('xenkeep-hosting').hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      DefaultRootObject: 'index.html',
      Origins: Match.arrayWith([
        Match.objectLike({ OriginAccessControlId: Match.anyValue() }),
        Match.objectLike({
          CustomOriginConfig: Match.objectLike({
            OriginProtocolPolicy: 'https-only',
            OriginSSLProtocols: ['TLSv1.2'],
          }),
        }),
      ]),
      CacheBehaviors: [
        Match.objectLike({
          PathPattern: '/v1/*',
          ViewerProtocolPolicy: 'https-only',
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad', // Managed-CachingDisabled
          OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac', // Managed-AllViewerExceptHostHeader
        }),
      ],
    }),
  })
})

test('a domain of its own asks for TLS 1.2 and brings its certificate', () => {
  const certificateArn =
    'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000'
  const own = hosting({
    ...sample,
    console: { domain: { name: 'backup.example.com', certificateArn } },
  })
  // Whoever has the domain needs to know where it has to point.
  expect(JSON.stringify(own.findOutputs('DnsRecord'))).toContain('backup.example.com CNAME ')
  own.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      Aliases: ['backup.example.com'],
      ViewerCertificate: {
        AcmCertificateArn: certificateArn,
        MinimumProtocolVersion: 'TLSv1.2_2021',
        SslSupportMethod: 'sni-only',
      },
    }),
  })
})

test('WAF is a choice: there is none unless it is asked for, and it lets large inventories in', () => {
  expect(ofType('AWS::WAFv2::WebACL')).toEqual([])
  const arn = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/x/y'
  hosting(sample, arn).hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({ WebACLId: arn }),
  })
  alone(
    sample,
    (app, deployment) => new FirewallStack(app, 'firewall', { deployment }),
  ).template.hasResourceProperties('AWS::WAFv2::WebACL', {
    Scope: 'CLOUDFRONT',
    Rules: Match.arrayWith([
      Match.objectLike({ Action: { Block: {} }, Name: 'TooManyCalls' }),
      Match.objectLike({
        Statement: {
          ManagedRuleGroupStatement: Match.objectLike({
            Name: 'AWSManagedRulesCommonRuleSet',
            RuleActionOverrides: [{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }],
          }),
        },
      }),
    ]),
  })
})

test('mail leaves over TLS only, and what bounces is told', () => {
  template('xenkeep-notifications').hasResourceProperties('AWS::SES::ConfigurationSet', {
    DeliveryOptions: { TlsPolicy: 'REQUIRE' },
    SuppressionOptions: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
  })
  template('xenkeep-notifications').hasResourceProperties(
    'AWS::SES::ConfigurationSetEventDestination',
    {
      EventDestination: Match.objectLike({ MatchingEventTypes: ['bounce', 'complaint', 'reject'] }),
    },
  )
  for (const { Properties } of ofType('AWS::SNS::TopicPolicy'))
    expect(JSON.stringify(Properties.PolicyDocument)).toContain('"aws:SecureTransport":"false"')
})

test('calls of schedules that got through to nobody are kept for two weeks', () => {
  template('xenkeep-workflows').hasResourceProperties('AWS::SQS::Queue', {
    QueueName: 'xenkeep-schedules-lost',
    MessageRetentionPeriod: 1_209_600,
    SqsManagedSseEnabled: true,
  })
  template('xenkeep-workflows').hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'xenkeep-scheduled-run',
    DeadLetterConfig: { TargetArn: Match.anyValue() },
  })
})
