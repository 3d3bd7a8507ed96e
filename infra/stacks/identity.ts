import {
  CfnOutput,
  Duration,
  RemovalPolicy,
  Stack,
  type StackProps,
  Validations,
} from 'aws-cdk-lib'
import {
  AccountRecovery,
  CfnUserPoolGroup,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  StringAttribute,
  UserPool,
} from 'aws-cdk-lib/aws-cognito'
import type { Construct } from 'constructs'
import { COMMAND_LINE_CALLBACK } from '#core/contracts/console.ts'
import { Role as PersonRole } from '#core/contracts/routes/route.ts'
import { federateWith, STATED } from '../constructs/federation.ts'
import { signInClient } from '../constructs/sign-in-client.ts'
import { type Deployment, signInPrefixOf } from '../deployment.ts'
import { tell } from '../known-values.ts'

const WHAT_THEY_MAY: Record<PersonRole, string> = {
  viewer: 'Looks at everything and changes nothing',
  operator: 'Runs backups and restores',
  administrator: 'Changes what is protected, who may call and what is deleted',
}

export interface IdentityStackProps extends StackProps {
  deployment: Deployment
}

/**
 * Who may call the API: people with a second factor, each in one group for what they may do. Nobody signs up by themselves. Each region has a pool of its own,
 * since a second factor cannot be copied (docs/decisions/0202).
 */
export class IdentityStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: IdentityStackProps) {
    super(scope, id, props)
    const { people, name } = deployment.context
    const pool = new UserPool(this, 'People', {
      userPoolName: `${name}-people`,
      featurePlan: FeaturePlan.ESSENTIALS, // what the sign-in page needs; 10,000 people a month are free
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      customAttributes: { [STATED]: new StringAttribute({ mutable: true, maxLen: 64 }) },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false, email: false }, // SMS can be taken over, mail is where the password is reset
      passwordPolicy: {
        minLength: people.passwordLength,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
        passwordHistorySize: 5,
        tempPasswordValidity: Duration.days(2),
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    for (const finding of ['AwsSolutions-COG3', 'AwsSolutions-COG8'])
      Validations.of(pool).acknowledge({
        id: finding,
        reason:
          'Threat protection needs the Plus plan (0.02 USD for each person a month); a second factor is required of everybody instead.',
      })
    for (const [precedence, group] of [...PersonRole.options].reverse().entries())
      new CfnUserPoolGroup(this, `Group-${group}`, {
        userPoolId: pool.userPoolId,
        groupName: group,
        description: WHAT_THEY_MAY[group],
        precedence,
      })

    const domain = pool.addDomain('SignIn', {
      cognitoDomain: { domainPrefix: signInPrefixOf(deployment) },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    })
    const commandLine = signInClient(this, 'CommandLine', {
      userPoolId: pool.userPoolId,
      people,
      callbacks: [COMMAND_LINE_CALLBACK],
    })
    for (const provider of federateWith(this, { pool, deployment }))
      commandLine.addResourceDependency(provider)

    tell(this, deployment, 'user-pool-id', pool.userPoolId)
    tell(this, deployment, 'command-line-client-id', commandLine.ref)
    new CfnOutput(this, 'UserPoolId', { value: pool.userPoolId })
    new CfnOutput(this, 'SignInPage', { value: domain.baseUrl() })
    new CfnOutput(this, 'CommandLineClientId', { value: commandLine.ref })
  }
}
