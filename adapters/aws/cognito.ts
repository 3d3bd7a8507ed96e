import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { FetchError, JwtExpiredError } from 'aws-jwt-verify/error'
import type { Jwks } from 'aws-jwt-verify/jwk'

/** What an access token of the user pool says, once its signature is proven. */
export interface SignedIn {
  name: string
  groups: readonly string[]
  /** The signature is good, the time is over. */
  expired?: true
}

/**
 * Reads access tokens of a Cognito user pool: signature by a key of the pool, issuer, time, use (`access`, not `id`), and the client that they were made
 * for.
 * @param options.clientIds the programs whose tokens are taken; all of the pool unless told, which is ours alone (infra/stacks/identity.ts)
 * @param options.jwks the keys of the pool where they are known; fetched from Cognito, and kept, unless told
 * @returns a reader that answers undefined for what is no such token, whatever is wrong with it
 */
export const cognitoTokens = ({
  userPoolId,
  clientIds,
  jwks,
}: {
  userPoolId: string
  clientIds?: readonly string[]
  jwks?: Jwks
}): ((token: string) => Promise<SignedIn | undefined>) => {
  const verifier = CognitoJwtVerifier.create({
    userPoolId,
    tokenUse: 'access',
    clientId: clientIds ? [...clientIds] : null,
    includeRawJwtInErrors: true,
  })
  if (jwks) verifier.cacheJwks(jwks)
  return async token => {
    try {
      return signedIn(await verifier.verify(token))
    } catch (error) {
      if (error instanceof FetchError) throw error // nobody can be let in, and nobody is told to sign in again
      // Raised only after the signature was found good: claims are looked at last (aws-jwt-verify 5).
      if (error instanceof JwtExpiredError && error.rawJwt)
        return { ...signedIn(error.rawJwt.payload), expired: true }
      return undefined
    }
  }
}

const signedIn = (payload: Record<string, unknown>): SignedIn => {
  const groups = payload['cognito:groups']
  return {
    name: String(payload.username ?? payload.sub),
    groups: Array.isArray(groups) ? groups.map(String) : [],
  }
}
