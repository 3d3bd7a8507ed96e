import { type CryptoKey, importJWK, SignJWT } from 'jose'
import { GATEWAY_TOKEN_SECONDS } from '#core/contracts/gateway-token.ts'
import type { Clock } from '#core/ports.ts'
import type { Identity } from './identity.ts'

/**
 * Signs calls of the control plane, one token per call (core/contracts/gateway-token.ts).
 * @param identity read at each call: the id may change with a new enrolment, and the key too
 * @param epoch of the regions, as far as this gateway has heard
 * @returns a maker of `Authorization` headers
 */
export const createAuthorize = ({
  identity,
  clock,
  ulid,
  epoch = () => 0,
}: {
  identity: Pick<Identity, 'gatewayId' | 'privateKey'>
  clock: Clock
  ulid: () => string
  epoch?: () => number
}) => {
  let imported: { x: string; key: CryptoKey | Uint8Array } | undefined
  const signingKey = async () => {
    const { privateKey } = identity
    if (imported?.x !== privateKey.x)
      imported = { x: privateKey.x, key: await importJWK(privateKey, 'EdDSA') }
    return imported.key
  }
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
      .sign(await signingKey())
    return `Bearer ${token}`
  }
}
