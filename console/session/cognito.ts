import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import type { ConsoleSettings } from '#core/contracts/console.ts'
import type { Session } from './session.ts'
import { stored } from './stored.ts'

/** Where Cognito sends people back to; infra/stacks/hosting.ts allows no other address. */
export const CALLBACK_PATH = '/signed-in'

/** Before its end that an access token is replaced. */
const AHEAD_MS = 60_000

const Tokens = z.object({ access: z.string(), refresh: z.string(), until: z.number() })
/** What has to survive the way to Cognito and back. */
const Leave = z.object({ state: z.string(), verifier: z.string(), back: z.string() })

type CognitoSettings = Extract<ConsoleSettings, { signIn: 'cognito' }>

/**
 * Signs in on the pages of a Cognito user pool: authorization code with PKCE (RFC 7636). Tokens stay in this tab; another tab is signed in by Cognito's own cookie without a
 * question.
 */
export const cognitoSession = ({
  host,
  issuer,
  clientId,
}: CognitoSettings): Session & {
  /** Of the page at `CALLBACK_PATH`. @returns where the person was going */
  arrive: () => Promise<string>
} => {
  const tokens = stored(() => sessionStorage, 'xenkeep.tokens', Tokens)
  const leave = stored(() => sessionStorage, 'xenkeep.leave', Leave)
  const client: oauth.Client = { client_id: clientId }
  const server: oauth.AuthorizationServer = {
    issuer,
    authorization_endpoint: `${host}/oauth2/authorize`,
    token_endpoint: `${host}/oauth2/token`,
  }
  const callback = `${location.origin}${CALLBACK_PATH}`

  const keep = (reply: oauth.TokenEndpointResponse, refresh: string | undefined): string => {
    const until = Date.now() + (reply.expires_in ?? 0) * 1000
    tokens.write({
      access: reply.access_token,
      refresh: reply.refresh_token ?? refresh ?? '',
      until,
    })
    return reply.access_token
  }

  const renew = async (refresh: string): Promise<string | undefined> => {
    const answer = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh)
    try {
      return keep(await oauth.processRefreshTokenResponse(server, client, answer), refresh)
    } catch (error) {
      if (!(error instanceof oauth.ResponseBodyError)) throw error
      tokens.write(undefined) // the refresh token has ended, or was revoked
      return undefined
    }
  }
  let renewing: Promise<string | undefined> | undefined

  return {
    async authorization() {
      const now = tokens.read()
      if (!now) return undefined
      if (now.until - Date.now() > AHEAD_MS) return `Bearer ${now.access}`
      renewing ??= renew(now.refresh).finally(() => {
        renewing = undefined
      })
      const access = await renewing
      return access && `Bearer ${access}`
    },
    ended: () => tokens.write(undefined),
    async signOut() {
      tokens.write(undefined)
      const out = new URL(`${host}/logout`)
      out.search = String(
        new URLSearchParams({ client_id: clientId, logout_uri: `${location.origin}/` }),
      )
      location.assign(out)
    },
    signIn: {
      kind: 'redirect',
      async go(back) {
        const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()]
        leave.write({ state, verifier, back })
        const to = new URL(server.authorization_endpoint ?? '')
        to.search = String(
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
        location.assign(to)
      },
    },
    async arrive() {
      const left = leave.read()
      if (!left) return '/'
      leave.write(undefined)
      const query = oauth.validateAuthResponse(server, client, new URL(location.href), left.state)
      const answer = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.None(),
        query,
        callback,
        left.verifier,
      )
      keep(await oauth.processAuthorizationCodeResponse(server, client, answer), undefined)
      return left.back
    },
  }
}
