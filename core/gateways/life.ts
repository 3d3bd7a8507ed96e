import { keys } from '../catalog/keys.ts'
import type { GatewayAbout } from '../contracts/gateway-about.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import type { Happened } from './story.ts'

/** What is read of a gateway only when somebody looks at it: beside its record, which every call reads. */
export interface GatewayLife {
  about?: GatewayAbout
  /** Since when it tells just that, ms since 1970. */
  aboutSince?: number
  /** The oldest first. */
  story: Happened[]
}

/** So much of a story is kept: a pool that comes and goes must not grow it. */
const MOST = 50

export const readLife = async (catalog: Catalog, gatewayId: string): Promise<GatewayLife> =>
  (await catalog.get<GatewayLife>(keys.gatewayLife(gatewayId)))?.value ?? { story: [] }

/** What to write in one piece with the record of the gateway, whose version guards both. */
export const lifeWrites = async (
  catalog: Catalog,
  gatewayId: string,
  { about, happened }: { about?: GatewayAbout | undefined; happened: readonly Happened[] },
  now: number,
): Promise<CatalogWrite[]> => {
  const before = await readLife(catalog, gatewayId)
  const value: GatewayLife = {
    ...before,
    ...(about && { about, aboutSince: now }),
    story: [...before.story, ...happened].slice(-MOST),
  }
  return [{ kind: 'put', key: keys.gatewayLife(gatewayId), value, expect: 'any' }]
}
