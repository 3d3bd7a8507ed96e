import { CfnOutput, Duration, SecretValue, type Stack } from 'aws-cdk-lib'
import {
  type CfnUserPool,
  CfnUserPoolIdentityProvider,
  type UserPool,
  UserPoolOperation,
} from 'aws-cdk-lib/aws-cognito'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ProviderContext } from '../context/providers.ts'
import { type Deployment, signInHostOf } from '../deployment.ts'
import { HandlerFunction } from './handler-function.ts'

/** What the provider said of a person's role (functions/events/federate.ts). There from the first day: Cognito takes no attribute away again. */
export const STATED = 'role'

/**
 * The identity providers of the company beside the pool's own users: each with its claims, and one function that makes roles of its groups. Whether there is a second factor is the provider's
 * matter: Cognito asks who comes from one for none.
 * @returns what programs have to wait for before they offer them
 */
export const federateWith = (
  stack: Stack,
  { pool, deployment }: { pool: UserPool; deployment: Deployment },
): CfnUserPoolIdentityProvider[] => {
  const { providers, sessionHours } = deployment.context.people
  if (providers.length === 0) return []
  const handler = new HandlerFunction(stack, 'Federate', {
    file: 'functions/events/federate.ts',
    deployment,
    access: 'none',
    timeout: Duration.seconds(5), // Cognito waits no longer
  })
  handler.addEnvironment(
    'XENKEEP_PROVIDERS',
    JSON.stringify(
      Object.fromEntries(providers.map(({ name, groups, roles }) => [name, { groups, roles }])),
    ),
  )
  handler.addEnvironment('XENKEEP_SESSION_HOURS', String(sessionHours))
  pool.addTrigger(UserPoolOperation.PRE_TOKEN_GENERATION, handler as IFunction)
  // The CDK's pool does not know this one yet; the permission that it gives for the other one names the pool, and serves both.
  const made = pool.node.defaultChild as CfnUserPool
  made.addPropertyOverride('LambdaConfig.InboundFederation', {
    LambdaArn: handler.functionArn,
    LambdaVersion: 'V1_0',
  })
  new CfnOutput(stack, 'SamlAudience', { value: `urn:amazon:cognito:sp:${pool.userPoolId}` })
  const host = `https://${signInHostOf(deployment)}`
  new CfnOutput(stack, 'SamlReplyAddress', { value: `${host}/saml2/idpresponse` })
  new CfnOutput(stack, 'OidcRedirectAddress', { value: `${host}/oauth2/idpresponse` })
  return providers.map(
    provider =>
      new CfnUserPoolIdentityProvider(stack, `Provider-${provider.name}`, {
        userPoolId: pool.userPoolId,
        providerName: provider.name,
        providerType: provider.type === 'saml' ? 'SAML' : 'OIDC',
        providerDetails: detailsOf(provider),
        attributeMapping: {
          email: provider.mail,
          [`custom:${STATED}`]: `custom:${STATED}`,
          ...(provider.type === 'oidc' && { username: 'sub' }),
        },
      }),
  )
}

const detailsOf = (provider: ProviderContext): Record<string, string> =>
  provider.type === 'saml'
    ? { MetadataURL: provider.metadataUrl }
    : {
        oidc_issuer: provider.issuer,
        client_id: provider.clientId,
        // A reference that CloudFormation resolves: the secret stands in no template.
        client_secret: SecretValue.secretsManager(provider.clientSecret).unsafeUnwrap(),
        authorize_scopes: provider.scopes.join(' '),
        attributes_request_method: 'GET',
      }
