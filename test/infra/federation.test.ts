import { App, Validations } from 'aws-cdk-lib'
import { Match } from 'aws-cdk-lib/assertions'
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { readContext } from '#infra/context/read-context.ts'
import sample from '#infra/sample.context.json' with { type: 'json' }
import { HostingStack } from '#infra/stacks/hosting.ts'
import { IdentityStack } from '#infra/stacks/identity.ts'
import { alone, FAST } from '#test/support/synthesis.ts'

const saml = {
  type: 'saml',
  name: 'entra',
  metadataUrl: 'https://login.example.com/metadata.xml',
  groups: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups',
  roles: { administrator: ['backup-admins'] },
}
const oidc = {
  type: 'oidc',
  name: 'okta',
  issuer: 'https://example.okta.com',
  clientId: '0oa1',
  clientSecret: 'xenkeep/okta',
  scopes: ['openid', 'email', 'groups'],
  groups: 'groups',
  roles: { operator: ['ops'], viewer: ['staff'] },
}
const withProviders = (...providers: unknown[]) => ({
  ...sample,
  people: { ...sample.people, providers },
})
const both = withProviders(saml, oidc)
const identity = alone(
  both,
  (app, deployment) => new IdentityStack(app, 'identity', { deployment }),
).template

test('SAML and OIDC providers stand in the pool, with the role as the one thing that is mapped beside the mail address', () => {
  identity.hasResourceProperties('AWS::Cognito::UserPoolIdentityProvider', {
    ProviderName: 'entra',
    ProviderType: 'SAML',
    ProviderDetails: { MetadataURL: saml.metadataUrl },
    AttributeMapping: {
      email: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
      'custom:role': 'custom:role',
    },
  })
  identity.hasResourceProperties('AWS::Cognito::UserPoolIdentityProvider', {
    ProviderName: 'okta',
    ProviderType: 'OIDC',
    ProviderDetails: {
      oidc_issuer: oidc.issuer,
      client_id: '0oa1',
      client_secret: '{{resolve:secretsmanager:xenkeep/okta:SecretString:::}}',
      authorize_scopes: 'openid email groups',
      attributes_request_method: 'GET',
    },
    AttributeMapping: { email: 'email', username: 'sub', 'custom:role': 'custom:role' },
  })
})

test('one function makes roles of groups, when somebody comes in and before tokens are made, and may do nothing besides', () => {
  identity.hasResourceProperties('AWS::Cognito::UserPool', {
    LambdaConfig: {
      PreTokenGeneration: Match.anyValue(),
      InboundFederation: { LambdaArn: Match.anyValue(), LambdaVersion: 'V1_0' },
    },
  })
  const [handler] = Object.values(identity.findResources('AWS::Lambda::Function'))
  const { Variables } = handler?.Properties.Environment ?? {}
  expect(handler?.Metadata['xenkeep:handler']).toBe('functions/events/federate.ts')
  expect(handler?.Properties.Timeout).toBe(5)
  expect(JSON.parse(Variables.XENKEEP_PROVIDERS)).toEqual({
    entra: {
      groups: saml.groups,
      roles: { administrator: ['backup-admins'], operator: [], viewer: [] },
    },
    okta: { groups: 'groups', roles: { administrator: [], operator: ['ops'], viewer: ['staff'] } },
  })
  expect(Variables.XENKEEP_SESSION_HOURS).toBe('12')
  // Its log, and no table.
  const actions = Object.values(identity.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) =>
      (Properties.PolicyDocument.Statement as { Action: string[] }[]).flatMap(
        ({ Action }) => Action,
      ),
  )
  expect(actions.sort()).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents'])
  // Only this pool calls it.
  identity.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'cognito-idp.amazonaws.com',
    SourceArn: Match.anyValue(),
  })
})

test('console and command line offer the providers, and Cognito may write what they say', () => {
  const hosting = alone(
    both,
    (app, deployment) => new HostingStack(app, 'hosting', { deployment }),
  ).template
  for (const template of [identity, hosting])
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      SupportedIdentityProviders: ['COGNITO', 'entra', 'okta'],
      ReadAttributes: Match.arrayWith(['custom:role']),
      WriteAttributes: ['email', 'custom:role'],
    })
  // Made after the providers: Cognito refuses names that it does not know.
  const [client] = Object.values(identity.findResources('AWS::Cognito::UserPoolClient'))
  expect(client?.DependsOn).toEqual(['Providerentra', 'Providerokta'])
})

test('who asks the provider of the company is told where answers go', () => {
  const outputs = identity.toJSON().Outputs as Record<string, { Value: unknown }>
  expect(outputs.SamlReplyAddress?.Value).toBe(
    'https://example-xenkeep.auth.eu-central-1.amazoncognito.com/saml2/idpresponse',
  )
  expect(outputs.OidcRedirectAddress?.Value).toBe(
    'https://example-xenkeep.auth.eu-central-1.amazoncognito.com/oauth2/idpresponse',
  )
  expect(JSON.stringify(outputs.SamlAudience?.Value)).toContain('urn:amazon:cognito:sp:')
})

test('cdk-nag finds nothing in it, nor in the console of an account that is named', () => {
  const app = new App({ context: { ...CURRENTLY_RECOMMENDED_FLAGS, ...FAST } })
  const context = readContext(both)
  new IdentityStack(app, 'identity', {
    deployment: { context, site: 'primary', region: context.region },
  })
  new HostingStack(app, 'hosting', {
    deployment: { context, site: 'primary', region: context.region },
    env: { account: '111122223333', region: context.region },
  })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  expect(() => app.synth()).not.toThrow()
})

test.each([
  ['a name with an underscore', { ...saml, name: 'entra_id' }, 'people.providers[0].name'],
  ['the name of the pool itself', { ...saml, name: 'cognito' }, 'must not be cognito'],
  ['an address without TLS', { ...saml, metadataUrl: 'http://x.example.com' }, 'https://'],
  ['no group at all', { ...saml, roles: {} }, 'must name one group at least'],
  ['a role that is none', { ...saml, roles: { root: ['x'] } }, 'people.providers[0].roles.root'],
  ['a secret in the file', { ...oidc, clientSecret: 'p4ss word!' }, 'must be the name of a secret'],
  ['scopes without openid', { ...oidc, scopes: ['email'] }, 'must hold openid'],
  [
    'more than a function takes',
    { ...saml, roles: { viewer: Array(20).fill('x'.repeat(200)) } },
    'must not take more than',
  ],
])('%s is refused by name', (_, provider, says) => {
  expect(() => readContext(withProviders(provider))).toThrow(says)
})

test('two providers of one name are refused', () => {
  expect(() => readContext(withProviders(saml, saml))).toThrow('two of the same name')
})
