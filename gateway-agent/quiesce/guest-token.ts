import { compactVerify } from 'jose'
import { GATEWAY_CLOCK_SKEW_SECONDS } from '#core/contracts/gateway-token.ts'
import { GuestTokenClaims } from '#core/contracts/guest-api.ts'
import { TokenInvalidError, TokenReplayedError } from '#core/errors/request.ts'
import { checkClaims } from '#core/gateways/token.ts'
import type { Clock } from '#core/ports.ts'
import type { GuestKeys } from './guest-keys.ts'

/** Of one guest, within the three minutes that a nonce is kept: one that waits for commands makes eight, and four for each freeze. */
const CALLS = 500

/**
 * Tells which guest a call comes from. Nonces are kept in memory: over TLS, what a gateway that starts again could be played is a minute old at
 * most, and asks for a command or answers one that nobody waits for.
 * @returns a function of the `Authorization` header and the call. @throws `TOKEN_INVALID`, `CLOCK_SKEW`, `TOKEN_REPLAYED`
 */
export const guestCaller = (guests: Pick<GuestKeys, 'find'>, clock: Clock) => {
  const used = new Map<string, number>()

  return async (
    authorization: string | undefined,
    call: { method: string; path: string },
  ): Promise<string> => {
    const [, token, body] = /^Bearer ([\w-]+\.([\w-]+)\.[\w-]+)$/.exec(authorization ?? '') ?? []
    if (!token || !body) throw new TokenInvalidError('it carries no token of a guest')
    const claims = claimsOf(body)
    const guest = await guests.find(claims.iss)
    if (!guest)
      throw new TokenInvalidError(
        'no guest of the settings, and none that is enrolled for a VM of these pools, has its key',
      )
    await compactVerify(token, guest.key, { algorithms: ['EdDSA', 'Ed25519'] }).catch(cause => {
      throw new TokenInvalidError('the signature of the token is not that of this guest', cause)
    })
    const now = clock.now()
    checkClaims(claims, call, now)
    // Those of former calls come first, and run out first.
    for (const [nonce, until] of used) {
      if (until >= now) break
      used.delete(nonce)
    }
    const made = [...used.keys()].filter(one => one.startsWith(`${claims.iss} `)).length
    if (made >= CALLS) throw new TokenInvalidError('it made more calls than a guest has to make')
    const nonce = `${claims.iss} ${claims.jti}`
    if (used.has(nonce)) throw new TokenReplayedError()
    used.set(nonce, (claims.exp + GATEWAY_CLOCK_SKEW_SECONDS + 1) * 1_000)
    return guest.vm
  }
}

/** Not believed before the signature is verified. */
const claimsOf = (body: string): GuestTokenClaims => {
  try {
    return GuestTokenClaims.parse(JSON.parse(Buffer.from(body, 'base64url').toString()))
  } catch (cause) {
    throw new TokenInvalidError('the token lacks claims', cause)
  }
}
