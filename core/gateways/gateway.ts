import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { UnreachablePool } from '../contracts/gateway-api.ts'
import type { GuestIdentity } from '../contracts/guests-api.ts'
import { GatewayNotFoundError } from '../errors/access.ts'
import { GatewayUnknownError } from '../errors/control.ts'
import type { Catalog } from '../ports.ts'
import { REPOSITORY_QUEUE } from '../runs/work-of.ts'
import { readKeepers } from './keeper.ts'

/** Names of its programs that its record has at most: each call reads it. */
export const SCRIPTS_NOTED = 50

/** What is known of a guest since its agent was enrolled. */
export interface EnrolledGuest extends Omit<GuestIdentity, 'vmUuid'> {
  /** The VM that it runs in, as the administrator said who had the code made. */
  vmUuid?: string
}

/** An enrolled gateway, or the agent in a guest, as the catalog keeps it. */
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
  /** It is the agent in a guest, and no gateway: of pools and of the repository it is told nothing, nor believed. */
  guest?: EnrolledGuest
  /** What it told of itself last, by its SHA-256 (life.ts has all of it), and the version of its program. */
  aboutHash?: string
  version?: string
  /** Names of its programs around backups that could be run, the first 50, and of all programs whose files are missing. */
  hookScripts?: string[]
  missingScripts?: string[]
  /** By how many ms its clock was ahead when `lastSeen` was written. */
  clockAheadMs?: number
  /** Jobs that it worked on then. */
  holding?: string[]
  /** Pools (UUIDs) that did not answer it then. */
  silentPools?: string[]
}

/** What a gateway is called where gateways and agents in guests stand side by side. */
export const toldName = ({ name, guest }: Pick<Gateway, 'name' | 'guest'>): string =>
  guest ? `${name} (agent in a guest)` : name

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
    // The agent in a guest is none.
    if (!item || item.value.revoked || item.value.guest) throw new GatewayNotFoundError(gatewayId)
    const { maintenance: _, ...before } = item.value
    const value: Gateway = { ...before, ...(maintenance && { maintenance: true }) }
    await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
    return value
  })
