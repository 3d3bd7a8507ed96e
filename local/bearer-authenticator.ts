import { createHash, timingSafeEqual } from 'node:crypto'
import { TokenInvalidError } from '#core/errors/request.ts'
import type { Authenticator, Catalog, Clock } from '#core/ports.ts'
import { isApiToken, personOfToken } from '#core/tokens/token.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Whoever can read the token's file is the person: on one machine that is the owner of the data directory.
 * @param token of `control/endpoint.json`
 */
export const bearerAuthenticator = (token: string): Authenticator => {
  const expected = digest(`Bearer ${token}`)
  return {
    person: async ({ authorization }) => {
      // Digests have one length, which timingSafeEqual asks for, and tell nothing about how much was right.
      if (!authorization || !timingSafeEqual(digest(authorization), expected))
        throw new TokenInvalidError('the bearer token is missing or wrong')
      return { name: 'owner', role: 'administrator' }
    },
  }
}

/** Outside systems with tokens of ours, beside the owner. */
export const withApiTokens = (
  owner: Authenticator,
  { catalog, clock }: { catalog: Catalog; clock: Clock },
): Authenticator => ({
  person: async call =>
    isApiToken(call.authorization)
      ? personOfToken(catalog, call.authorization, clock.now())
      : owner.person(call),
})
