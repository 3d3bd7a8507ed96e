import { isConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import {
  GATEWAY_CLOCK_SKEW_SECONDS,
  GATEWAY_TOKEN_SECONDS,
  type GatewayTokenClaims,
} from '../contracts/gateway-token.ts'
import { ClockSkewError, TokenInvalidError, TokenReplayedError } from '../errors/request.ts'
import type { Catalog } from '../ports.ts'

/**
 * Whether a token whose signature is good allows this very call, now.
 * @param now ms since 1970
 * @throws `TOKEN_INVALID`, `CLOCK_SKEW`
 */
export const checkClaims = (
  claims: Omit<GatewayTokenClaims, 'iss' | 'jti'>,
  call: { method: string; path: string },
  now: number,
): void => {
  if (claims.htm !== call.method || claims.htu !== call.path)
    throw new TokenInvalidError('the token was made for another call')
  if (claims.exp - claims.iat > GATEWAY_TOKEN_SECONDS || claims.exp < claims.iat)
    throw new TokenInvalidError(`a token may live ${GATEWAY_TOKEN_SECONDS} seconds at most`)
  const seconds = Math.floor(now / 1_000)
  if (
    claims.iat - seconds > GATEWAY_CLOCK_SKEW_SECONDS ||
    seconds - claims.exp > GATEWAY_CLOCK_SKEW_SECONDS
  )
    throw new ClockSkewError(claims.iat - seconds)
}

/**
 * Takes the token's nonce, which works once. An old nonce is useless, since its token is refused for its time; one call
 * in 32 (by the last character of the nonce) sweeps up to 100 of them, so that there are never many.
 * @throws `TOKEN_REPLAYED`
 */
export const useNonce = async (
  catalog: Catalog,
  { iss, jti, exp }: GatewayTokenClaims,
  now: number,
): Promise<void> => {
  const until = exp + GATEWAY_CLOCK_SKEW_SECONDS
  try {
    await catalog.write([
      { kind: 'put', key: keys.nonce(iss, jti), value: { until }, expect: 'absent' },
    ])
  } catch (error) {
    throw isConflict(error) ? new TokenReplayedError() : error
  }
  if (jti.endsWith('0')) await sweepNonces(catalog, iss, now)
}

const sweepNonces = async (catalog: Catalog, gatewayId: string, now: number): Promise<void> => {
  const { items } = await catalog.query<{ until: number }>(keys.nonce(gatewayId, '').pk, {
    limit: 100,
  })
  // Whole seconds, as `checkClaims` counts: a nonce must outlive its token.
  const old = items.filter(({ value }) => value.until < Math.floor(now / 1_000))
  // One by one: in a transaction DynamoDB bills each twice, and nothing hangs on their going together.
  await Promise.all(
    old.map(({ pk, sk }) => catalog.write([{ kind: 'delete', key: { pk, sk }, expect: 'any' }])),
  )
}
