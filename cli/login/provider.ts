import * as oauth from 'oauth4webapi'
import { ControlPlaneUnreachableError } from '#core/errors/wire.ts'
import { isLoopback } from '../remote-url.ts'
import { SignInFailedError } from './errors.ts'
import type { KeptSession } from './kept-session.ts'

/** The sign-in pages of a user pool, and as which program of it people sign in. */
export interface Provider {
  host: string
  issuer: string
  clientId: string
}

type Tokens = Extract<KeptSession, { kind: 'cognito' }>

interface World {
  fetch: typeof globalThis.fetch
  now: () => number
}

/**
 * Signing in on the pages of Cognito by authorization code and PKCE (RFC 6749, RFC 7636). There is no secret of the program: a command line can keep none.
 */
export const providerOf = ({ host, issuer, clientId }: Provider, { fetch, now }: World) => {
  const client: oauth.Client = { client_id: clientId }
  const server: oauth.AuthorizationServer = {
    issuer,
    authorization_endpoint: `${host}/oauth2/authorize`,
    token_endpoint: `${host}/oauth2/token`,
    revocation_endpoint: `${host}/oauth2/revoke`,
  }
  const options = {
    [oauth.customFetch]: async (url: string, init: object) =>
      fetch(url, init).catch(cause => {
        throw new ControlPlaneUnreachableError(host, cause)
      }),
    [oauth.allowInsecureRequests]: isLoopback(host),
  }
  const kept = (reply: oauth.TokenEndpointResponse, before = ''): Tokens => ({
    kind: 'cognito',
    host,
    issuer,
    clientId,
    access: reply.access_token,
    refresh: reply.refresh_token ?? before,
    until: now() + (reply.expires_in ?? 0) * 1000,
  })

  return {
    /** @returns the address to open, and what takes the address that the browser is sent back to */
    async begin(callback: string) {
      const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()]
      const address = new URL(server.authorization_endpoint ?? '')
      address.search = String(
        new URLSearchParams({
          response_type: 'code',
          client_id: clientId,
          redirect_uri: callback,
          scope: 'openid email profile',
          state,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
      )
      return {
        address: address.href,
        /** Whether that address answers this sign-in, and not somebody else's. */
        isOurs: (back: URL) => back.searchParams.get('state') === state,
        /** @throws `SIGN_IN_FAILED`, `CONTROL_PLANE_UNREACHABLE` */
        async finish(back: URL): Promise<Tokens> {
          try {
            const query = oauth.validateAuthResponse(server, client, back, state)
            const answer = await oauth.authorizationCodeGrantRequest(
              server,
              client,
              oauth.None(),
              query,
              callback,
              verifier,
              options,
            )
            return kept(await oauth.processAuthorizationCodeResponse(server, client, answer))
          } catch (error) {
            throw failureOf(error)
          }
        },
      }
    },

    /** @returns undefined where the refresh token counts no more @throws `CONTROL_PLANE_UNREACHABLE`, `SIGN_IN_FAILED` */
    async renew({ refresh }: Tokens): Promise<Tokens | undefined> {
      try {
        const none = oauth.None()
        const answer = await oauth.refreshTokenGrantRequest(server, client, none, refresh, options)
        return kept(await oauth.processRefreshTokenResponse(server, client, answer), refresh)
      } catch (error) {
        // RFC 6749, 5.2: the refresh token has ended, or was revoked.
        if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant')
          return undefined
        throw failureOf(error)
      }
    },

    /** Ends the refresh token, and what was made of it (RFC 7009). @throws `CONTROL_PLANE_UNREACHABLE`, `SIGN_IN_FAILED` */
    async revoke({ refresh }: Tokens): Promise<void> {
      try {
        const none = oauth.None()
        await oauth.processRevocationResponse(
          await oauth.revocationRequest(server, client, none, refresh, options),
        )
      } catch (error) {
        throw failureOf(error)
      }
    },
  }
}

/** What the provider says goes on; codes and tokens do not, and so no `cause`: it holds the answer. */
const failureOf = (error: unknown): unknown => {
  if (error instanceof ControlPlaneUnreachableError) return error
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError)
    return new SignInFailedError(`The sign-in page said no (${error.error.slice(0, 100)})`)
  if (error instanceof oauth.OperationProcessingError && /state/.test(error.message))
    return new SignInFailedError(
      'That address answers another sign-in than this one, so it was not used',
    )
  return new SignInFailedError('The sign-in page gave an answer that cannot be understood')
}
