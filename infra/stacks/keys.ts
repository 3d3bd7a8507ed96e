import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { Alias, CfnAlias, CfnReplicaKey, Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { KEPT } from '../constructs/kept.ts'
import { type Deployment, slotKeyAlias } from '../deployment.ts'

export interface KeysStackProps extends StackProps {
  deployment: Deployment
}

/**
 * The key that wraps the keys of the repository's KMS slots, in both regions under one id: what was wrapped in one is opened in the other. Losing it is losing every
 * repository that has no other slot, so it stays whatever becomes of the stack.
 */
export class KeysStack extends Stack {
  readonly slotKey: Key

  constructor(scope: Construct, id: string, { deployment, ...props }: KeysStackProps) {
    super(scope, id, props)
    this.slotKey = new Key(this, 'Slots', {
      description: 'XenKeep: wraps the keys of repositories',
      multiRegion: true,
      enableKeyRotation: true,
      // The longest that KMS takes: it wraps a few keys and encrypts no data, and each new version costs 1 USD a month.
      rotationPeriod: Duration.days(2_560),
      pendingWindow: Duration.days(30),
      removalPolicy: KEPT,
    })
    new Alias(this, 'SlotsAlias', {
      aliasName: slotKeyAlias(deployment.context),
      targetKey: this.slotKey,
    })
    new CfnOutput(this, 'SlotKeyArn', { value: this.slotKey.keyArn })
  }
}

export interface ReplicaKeysStackProps extends KeysStackProps {
  slotKey: Key
}

/** The replica of the key in the second region, with the same id and material. */
export class ReplicaKeysStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, slotKey, ...props }: ReplicaKeysStackProps,
  ) {
    super(scope, id, props)
    const replica = new CfnReplicaKey(this, 'Slots', {
      description: 'XenKeep: wraps the keys of repositories (replica)',
      primaryKeyArn: slotKey.keyArn,
      pendingWindowInDays: 30,
      keyPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:${this.partition}:iam::${this.account}:root` },
            Action: 'kms:*',
            Resource: '*',
          },
        ],
      },
    })
    replica.applyRemovalPolicy(KEPT)
    new CfnAlias(this, 'SlotsAlias', {
      aliasName: slotKeyAlias(deployment.context),
      targetKeyId: replica.attrKeyId,
    })
    new CfnOutput(this, 'SlotKeyArn', { value: replica.attrArn })
  }
}
