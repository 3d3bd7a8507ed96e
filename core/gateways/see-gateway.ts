import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { GatewayAbout } from '../contracts/gateway-about.ts'
import type { UnreachablePool } from '../contracts/gateway-api.ts'
import { GatewayUnknownError } from '../errors/control.ts'
import { toHex } from '../ids.ts'
import type { Catalog } from '../ports.ts'
import { type Gateway, SCRIPTS_NOTED } from './gateway.ts'
import { lifeWrites } from './life.ts'
import { isClockOff, whatHappened } from './story.ts'

/** `lastSeen` is written at most this often, in ms: an idle gateway polls every 20 s and each write costs. */
const SEEN_EVERY_MS = 30_000

/** What a call of a gateway tells of it; what is left out stays as it was, but for `about` and `at` of a call for work. */
export interface Sighting {
  /** Its process: each call for work bears it, and tells `about` and `at` where the program knows of them. */
  instance?: string
  pools?: { uuid: string; name?: string }[]
  unreachable?: UnreachablePool[]
  /** Pools (UUIDs) that do not answer it now. */
  silentPools?: string[]
  holding?: string[]
  about?: GatewayAbout | undefined
  /** The time by its own clock, in ms since 1970. */
  at?: number | undefined
}

/**
 * Notes a sign of life, the process it came from, the pools that it serves now and what it tells of itself. Written only where something differs, and else every 30 s.
 * @param upSince since when gateways could call (ms since 1970): before that, silence says nothing of them
 * @throws `GATEWAY_UNKNOWN`
 */
export const seeGateway = async (
  catalog: Catalog,
  gatewayId: string,
  seen: Sighting,
  now: number,
  upSince?: number,
): Promise<Gateway> => {
  const aboutHash = seen.about && (await hashOf(seen.about))
  return retryOnConflict(async () => {
    const key = keys.gateway(gatewayId)
    const item = await catalog.get<Gateway>(key)
    if (!item || item.value.revoked) throw new GatewayUnknownError(gatewayId)
    const before = item.value
    const after = seenNow(before, { ...seen, aboutHash }, now)
    if (isSame(before, after) && now - (before.lastSeen ?? 0) < SEEN_EVERY_MS) return before
    const isNews = aboutHash !== undefined && aboutHash !== before.aboutHash
    const happened = whatHappened(before, after, { now, upSince })
    await catalog.write([
      { kind: 'put', key, value: after, expect: { version: item.version } },
      ...(isNews || happened.length > 0
        ? await lifeWrites(
            catalog,
            gatewayId,
            { about: isNews ? seen.about : undefined, happened },
            now,
          )
        : []),
    ])
    return after
  })
}

const seenNow = (
  before: Gateway,
  {
    instance,
    pools,
    unreachable,
    silentPools,
    holding,
    about,
    aboutHash,
    at,
  }: Sighting & { aboutHash: string | undefined },
  now: number,
): Gateway => {
  const nameOf = (uuid: string) => before.pools.find(pool => pool.uuid === uuid)?.name ?? ''
  return {
    ...(instance === undefined ? before : withoutTold(before)),
    ...(instance !== undefined && { instance }),
    ...(pools && {
      pools: pools
        .map(({ uuid, name }) => ({ uuid, name: name ?? nameOf(uuid) }))
        .sort((a, b) => (a.uuid < b.uuid ? -1 : 1)),
    }),
    ...(unreachable && { unreachable }),
    ...(silentPools && { silentPools: [...silentPools].sort() }),
    ...(holding && { holding }),
    ...(about && aboutHash !== undefined && { aboutHash, ...briefOf(about) }),
    ...(at !== undefined && { clockAheadMs: at - now }),
    lastSeen: now,
  }
}

/** An older program, or one that tells what nobody understands: what was told before may be true no more, and would be a problem for ever. */
const withoutTold = ({
  aboutHash: _,
  version: _version,
  hookScripts: _hooks,
  missingScripts: _missing,
  clockAheadMs: _ahead,
  ...before
}: Gateway): Gateway => before

/** What problems are seen by, of all gateways at once. */
const briefOf = ({ version, hookScripts, bootScripts }: GatewayAbout) => ({
  version,
  hookScripts: namesOf(hookScripts.filter(({ missing }) => !missing)),
  missingScripts: namesOf([...hookScripts, ...bootScripts].filter(({ missing }) => missing)),
})

const namesOf = (scripts: GatewayAbout['hookScripts']): string[] =>
  scripts.map(({ name }) => name).slice(0, SCRIPTS_NOTED)

/** What each call may tell anew (the jobs, the clock by some ms) waits for the next write. */
const isSame = (before: Gateway, after: Gateway): boolean =>
  after.instance === before.instance &&
  after.aboutHash === before.aboutHash &&
  isClockOff(after) === isClockOff(before) &&
  JSON.stringify(after.silentPools) === JSON.stringify(before.silentPools) &&
  JSON.stringify(after.pools) === JSON.stringify(before.pools) &&
  JSON.stringify(after.unreachable) === JSON.stringify(before.unreachable)

const hashOf = async (about: GatewayAbout): Promise<string> =>
  toHex(
    new Uint8Array(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(about))),
    ),
  )
