import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { GATEWAY_CLOCK_SKEW_SECONDS, GATEWAY_TOKEN_SECONDS } from '../contracts/gateway-token.ts'
import { GatewayNotFoundError, GatewayRevokedError } from '../errors/access.ts'
import { TokenInvalidError } from '../errors/request.ts'
import type { Catalog } from '../ports.ts'
import type { Gateway } from './gateway.ts'

/** Calls that were signed when the key changed are still taken for so long, in ms: as long as any token may be on its way. */
export const FORMER_KEY_MS = (GATEWAY_TOKEN_SECONDS + GATEWAY_CLOCK_SKEW_SECONDS) * 1_000

const DAY_MS = 86_400_000

/**
 * The public keys that a call of a gateway may be signed with. The next key is good for nothing but to be taken, the former one for everything but that.
 * @param call what the key is to be used for
 * @param now ms since 1970
 */
export const keysTaken = (
  { publicKey, nextKey, formerKey }: Gateway,
  call: 'change-key' | 'other',
  now: number,
): string[] => {
  if (call === 'change-key') return nextKey === undefined ? [publicKey] : [publicKey, nextKey]
  return formerKey && formerKey.until > now ? [publicKey, formerKey.publicKey] : [publicKey]
}

export const keySinceOf = ({ keySince, enrolled }: Gateway): number => keySince ?? enrolled

/** Whether the gateway should make a new key: somebody asked, or its key is older than `days`. */
export const needsNewKey = (gateway: Gateway, days: number, now: number): boolean =>
  gateway.newKeyAsked !== undefined || now - keySinceOf(gateway) > days * DAY_MS

/**
 * What a key change comes to for a gateway as it stands.
 * - By the key of today: the next key is announced; one that was announced before and never used gives way, since whoever lost it could never use it.
 * - By the announced key: it is the key from now on.
 * @param signedBy public key that the call was signed with
 * @returns the gateway after it; the same object where nothing changes
 * @throws `TOKEN_INVALID` where `signedBy` may not, `GATEWAY_REVOKED`
 */
export const withKey = (
  gateway: Gateway,
  { signedBy, publicKey }: { signedBy: string; publicKey: string },
  now: number,
): Gateway => {
  if (gateway.revoked) throw new GatewayRevokedError(gateway.gatewayId)
  const { nextKey, newKeyAsked: _, ...rest } = gateway
  if (signedBy === gateway.publicKey) {
    // Also the answer to a repeated second call, whose first answer was lost.
    if (publicKey === gateway.publicKey || publicKey === nextKey) return gateway
    return { ...gateway, nextKey: publicKey }
  }
  if (signedBy !== nextKey || publicKey !== nextKey)
    throw new TokenInvalidError('another key was announced in the meantime')
  const formerKey = { publicKey: gateway.publicKey, until: now + FORMER_KEY_MS }
  return { ...rest, publicKey, keySince: now, formerKey }
}

/**
 * Announces a key, or has the announced one taken.
 * @returns what has become of the key
 * @throws `TOKEN_INVALID`, `GATEWAY_REVOKED`, `GATEWAY_NOT_FOUND`
 */
export const changeKey = (
  catalog: Catalog,
  gatewayId: string,
  change: { signedBy: string; publicKey: string },
  now: number,
): Promise<'announced' | 'changed'> =>
  retryOnConflict(async () => {
    const key = keys.gateway(gatewayId)
    const item = await catalog.get<Gateway>(key)
    if (!item) throw new GatewayNotFoundError(gatewayId)
    const value = withKey(item.value, change, now)
    if (value !== item.value)
      await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
    return value.publicKey === change.publicKey ? 'changed' : 'announced'
  })

/**
 * Has a gateway make a new key when it calls next.
 * @throws `GATEWAY_NOT_FOUND`
 */
export const askNewKey = (catalog: Catalog, gatewayId: string, now: number): Promise<Gateway> =>
  retryOnConflict(async () => {
    const key = keys.gateway(gatewayId)
    const item = await catalog.get<Gateway>(key)
    if (!item || item.value.revoked) throw new GatewayNotFoundError(gatewayId)
    const value: Gateway = { ...item.value, newKeyAsked: now }
    await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
    return value
  })
