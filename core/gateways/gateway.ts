import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { UnreachablePool } from '../contracts/gateway-api.ts'
import { GatewayNotFoundError } from '../errors/access.ts'
import { GatewayUnknownError } from '../errors/control.ts'
import type { Catalog } from '../ports.ts'
import { REPOSITORY_QUEUE } from '../runs/work-of.ts'
import { readKeepers } from './keeper.ts'

/** An enrolled gateway as the catalog keeps it. */
export interface Gateway {
  gatewayId: string
  name: string
  /** Ed25519, `x` member of the JWK. */
  publicKey: string
  /** Since when that is its key; since it was enrolled unless told. */
  keySince?: number
  /** Announced, and not used yet (key-change.ts). */
  nextKey?: string
  /** The key before, for calls that were under way. */
  formerKey?: { publicKey: string; until: number }
  /** When somebody asked for a new key. */
  newKeyAsked?: number
  enrolled: number
  /** Its process of today. */
  instance?: string
  lastSeen?: number
  pools: { uuid: string; name: string }[]
  unreachable?: UnreachablePool[]
  revoked?: true
  revokedAt?: number
  /** No session that it was given before can live any more, and nothing at the roles speaks of it. */
  isForgotten?: true
  /** An administrator lets it work on the repository itself: remove points, collect garbage, verify. */
  maintenance?: true
}

/** `lastSeen` is written at most this often, in ms: an idle gateway polls every 20 s and each write costs. */
const SEEN_EVERY_MS = 30_000

/** Also one that was revoked. */
export const findGateway = async (
  catalog: Catalog,
  gatewayId: string,
): Promise<Gateway | undefined> => (await catalog.get<Gateway>(keys.gateway(gatewayId)))?.value

/** @throws `GATEWAY_UNKNOWN` also when it was revoked */
export const readGateway = async (catalog: Catalog, gatewayId: string): Promise<Gateway> => {
  const item = await catalog.get<Gateway>(keys.gateway(gatewayId))
  if (!item || item.value.revoked) throw new GatewayUnknownError(gatewayId)
  return item.value
}

/** All gateways that are not revoked; of the pools that each keeps, until when. */
export const readGateways = async (catalog: Catalog) => {
  const keepers = await readKeepers(catalog)
  const keptUntil = (pool: string, by: string) =>
    keepers.find(({ queue, gatewayId }) => queue === pool && gatewayId === by)?.until ?? 0
  return (await Array.fromAsync(queryAll<Gateway>(catalog, keys.gateway('').pk)))
    .map(item => item.value)
    .filter(gateway => !gateway.revoked)
    .map(gateway => ({
      ...gateway,
      repositoryKeptUntil: keptUntil(REPOSITORY_QUEUE, gateway.gatewayId),
      pools: gateway.pools.map(pool => ({
        ...pool,
        keptUntil: keptUntil(pool.uuid, gateway.gatewayId),
      })),
    }))
}

/**
 * Lets a gateway work on the repository itself, or not any more.
 * @throws `GATEWAY_NOT_FOUND`
 */
export const markForMaintenance = (
  catalog: Catalog,
  gatewayId: string,
  maintenance: boolean,
): Promise<Gateway> =>
  retryOnConflict(async () => {
    const key = keys.gateway(gatewayId)
    const item = await catalog.get<Gateway>(key)
    if (!item || item.value.revoked) throw new GatewayNotFoundError(gatewayId)
    const { maintenance: _, ...before } = item.value
    const value: Gateway = { ...before, ...(maintenance && { maintenance: true }) }
    await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
    return value
  })

/**
 * Notes a sign of life, the process it came from and the pools that it serves now.
 * @throws `GATEWAY_UNKNOWN`
 */
export const seeGateway = (
  catalog: Catalog,
  gatewayId: string,
  {
    instance,
    pools,
    unreachable,
  }: {
    instance?: string
    pools?: { uuid: string; name?: string }[]
    unreachable?: UnreachablePool[]
  },
  now: number,
): Promise<Gateway> =>
  retryOnConflict(async () => {
    const item = await catalog.get<Gateway>(keys.gateway(gatewayId))
    if (!item || item.value.revoked) throw new GatewayUnknownError(gatewayId)
    const before = item.value
    const nameOf = (uuid: string) => before.pools.find(pool => pool.uuid === uuid)?.name ?? ''
    const after: Gateway = {
      ...before,
      ...(instance === undefined ? {} : { instance }),
      ...(pools === undefined
        ? {}
        : {
            pools: pools
              .map(({ uuid, name }) => ({ uuid, name: name ?? nameOf(uuid) }))
              .sort((a, b) => (a.uuid < b.uuid ? -1 : 1)),
          }),
      ...(unreachable && { unreachable }),
      lastSeen: now,
    }
    const same =
      after.instance === before.instance &&
      JSON.stringify(after.pools) === JSON.stringify(before.pools) &&
      JSON.stringify(after.unreachable) === JSON.stringify(before.unreachable)
    if (same && now - (before.lastSeen ?? 0) < SEEN_EVERY_MS) return before
    const key = keys.gateway(gatewayId)
    await catalog.write([{ kind: 'put', key, value: after, expect: { version: item.version } }])
    return after
  })
