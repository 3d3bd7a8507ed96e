import { importJWK, SignJWT } from 'jose'
import { GATEWAY_TOKEN_SECONDS } from '#core/contracts/gateway-token.ts'
import type { Clock } from '#core/ports.ts'
import type { Identity } from './identity.ts'

/**
 * Signs calls of the control plane, one token per call (core/contracts/gateway-token.ts).
 * @param identity read at each call, since the gateway id may change with a new enrolment
 * @param epoch of the regions, as far as this gateway has heard
 * @returns a maker of `Authorization` headers
 */
export const createAuthorize = async ({
  identity,
  clock,
  ulid,
  epoch = () => 0,
}: {
  identity: Identity
  clock: Clock
  ulid: () => string
  epoch?: () => number
}) => {
  const key = await importJWK(identity.privateKey, 'EdDSA')
  return async (method: string, path: string): Promise<string | undefined> => {
    if (!identity.gatewayId) return undefined
    const now = Math.floor(clock.now() / 1_000)
    const token = await new SignJWT({
      htm: method,
      htu: path,
      ...(epoch() > 0 && { rge: epoch() }),
    })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(identity.gatewayId)
      .setIssuedAt(now)
      .setExpirationTime(now + GATEWAY_TOKEN_SECONDS)
      .setJti(ulid())
      .sign(key)
    return `Bearer ${token}`
  }
}
