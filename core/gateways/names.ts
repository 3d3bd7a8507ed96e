import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { GatewayNameTakenError, GatewayNotFoundError } from '../errors/access.ts'
import { toHex } from '../ids.ts'
import type { Catalog, CatalogKey } from '../ports.ts'
import { type Gateway, readGateways } from './gateway.ts'

/** Where the name of a gateway is claimed, without regard to case: two gateways never bear the same. */
export const nameKey = async (name: string): Promise<CatalogKey> => {
  const bytes = new TextEncoder().encode(name.trim().toLowerCase())
  return keys.gatewayName(toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))))
}

/** Also names of gateways that were enrolled before names were claimed. */
export const isNameFree = async (catalog: Catalog, name: string): Promise<boolean> => {
  if (await catalog.get(await nameKey(name))) return false
  const plain = name.trim().toLowerCase()
  return (await readGateways(catalog)).every(other => other.name.trim().toLowerCase() !== plain)
}

/** @returns `wanted`, or where another gateway bears it `wanted (2)` and so on: enrolment has nobody to ask */
export const freeName = async (catalog: Catalog, wanted: string): Promise<string> => {
  const stem = wanted.trim().slice(0, 240)
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${stem} (${n})`
    if (await isNameFree(catalog, name)) return name
  }
}

/** @throws `GATEWAY_NOT_FOUND`, `GATEWAY_NAME_TAKEN` */
export const renameGateway = (catalog: Catalog, gatewayId: string, name: string): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.gateway(gatewayId)
    const item = await catalog.get<Gateway>(key)
    if (!item || item.value.revoked) throw new GatewayNotFoundError(gatewayId)
    if (item.value.name === name) return
    const [before, after] = [await nameKey(item.value.name), await nameKey(name)]
    const isSame = before.sk === after.sk
    if (!isSame && !(await isNameFree(catalog, name))) throw new GatewayNameTakenError(name)
    await catalog.write([
      { kind: 'put', key, value: { ...item.value, name }, expect: { version: item.version } },
      ...(isSame
        ? []
        : [
            { kind: 'delete' as const, key: before, expect: 'any' as const },
            { kind: 'put' as const, key: after, value: { gatewayId }, expect: 'absent' as const },
          ]),
    ])
  })
