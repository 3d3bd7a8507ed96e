import { CfnManagedLoginBranding, CfnUserPoolClient } from 'aws-cdk-lib/aws-cognito'
import type { Construct } from 'constructs'
import type { PeopleContext } from '../context/people.ts'
import { STATED } from './federation.ts'

const ROLE = `custom:${STATED}`

export interface SignInClientProps {
  userPoolId: string
  people: PeopleContext
  callbacks: readonly string[]
  signedOut?: readonly string[]
}

/**
 * A program that people sign in with: by the page of the user pool, with an authorization code and PKCE (RFC 7636). It has no secret, since a browser and a
 * command line can keep none, and it never sees a password.
 */
export const signInClient = (
  scope: Construct,
  id: string,
  { userPoolId, people, callbacks, signedOut }: SignInClientProps,
): CfnUserPoolClient => {
  const providers = people.providers.map(({ name }) => name)
  const client = new CfnUserPoolClient(scope, id, {
    userPoolId,
    clientName: id,
    generateSecret: false,
    allowedOAuthFlowsUserPoolClient: true,
    allowedOAuthFlows: ['code'],
    allowedOAuthScopes: ['openid', 'email', 'profile'],
    supportedIdentityProviders: ['COGNITO', ...providers],
    // Cognito writes what a provider says as the program that somebody signs in with. People themselves cannot: that would take the scope aws.cognito.signin.user.admin.
    ...(providers.length > 0 && {
      readAttributes: ['email', 'email_verified', 'name', ROLE],
      writeAttributes: ['email', ROLE],
    }),
    callbackUrLs: [...callbacks],
    ...(signedOut && { logoutUrLs: [...signedOut] }),
    explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
    preventUserExistenceErrors: 'ENABLED',
    enableTokenRevocation: true,
    accessTokenValidity: 15,
    idTokenValidity: 15,
    refreshTokenValidity: people.sessionHours,
    tokenValidityUnits: { accessToken: 'minutes', idToken: 'minutes', refreshToken: 'hours' },
  })
  // Without a look the sign-in page of a program says "Login pages unavailable" (managed login).
  new CfnManagedLoginBranding(scope, `${id}Look`, {
    userPoolId,
    clientId: client.ref,
    useCognitoProvidedValues: true,
  })
  return client
}
