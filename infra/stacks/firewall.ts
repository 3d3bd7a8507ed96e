import { Stack, type StackProps } from 'aws-cdk-lib'
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2'
import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'

/** Calls of one address in 5 minutes. A gateway at work makes some 300; a site may have many behind one address. */
const CALLS = 10_000

export interface FirewallStackProps extends StackProps {
  deployment: Deployment
}

/**
 * AWS WAF before CloudFront, for console and API under that name; in us-east-1, where CloudFront takes it from. An HTTP API can have none, so its own address is not behind
 * it (docs/decisions/0201).
 */
export class FirewallStack extends Stack {
  readonly webAclArn: string

  constructor(scope: Construct, id: string, { deployment, ...props }: FirewallStackProps) {
    super(scope, id, props)
    const visibility = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      metricName,
      sampledRequestsEnabled: true,
    })
    const managed = (priority: number, name: string, uncounted: string[] = []) => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ruleActionOverrides: uncounted.map(rule => ({
            name: rule,
            actionToUse: { count: {} },
          })),
        },
      },
      visibilityConfig: visibility(name),
    })
    const acl = new CfnWebACL(this, 'WebAcl', {
      name: `${deployment.context.name}-console-and-api`,
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(deployment.context.name),
      rules: [
        {
          name: 'TooManyCalls',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit: CALLS } },
          visibilityConfig: visibility('TooManyCalls'),
        },
        managed(1, 'AWSManagedRulesAmazonIpReputationList'),
        // Inventories are larger than 8 KB; the API has limits of its own (decision 0015).
        managed(2, 'AWSManagedRulesCommonRuleSet', ['SizeRestrictions_BODY']),
      ],
    })
    this.webAclArn = acl.attrArn
  }
}
