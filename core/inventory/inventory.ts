import { queryAll, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { InventoryPool, InventoryVm } from '../contracts/gateway-api.ts'
import { PoolNotFoundError } from '../errors/control.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'

/** A pool without its VMs, which are items of their own: a pool of 10,000 VMs is larger than an item may be. */
export type Pool = Omit<InventoryPool, 'vms' | 'templates'> & {
  /** Which gateway told of it, and when. */
  gatewayId: string
  seen: number
}

export type StoredVm = InventoryVm & { poolUuid: string; poolName: string }

/** Where VMs of one kind stand. */
type KeyOf = typeof keys.vm

/**
 * Replaces what is known of one pool. Only VMs that differ are written, so that an unchanged pool costs reading.
 * @param now ms since 1970
 */
export const putPool = async (
  catalog: Catalog,
  gatewayId: string,
  { vms, templates, ...pool }: InventoryPool,
  now: number,
): Promise<void> => {
  const writes = await writesFor(catalog, keys.vm, pool, vms)
  if (templates) writes.push(...(await writesFor(catalog, keys.template, pool, templates)))
  const value: Pool = { ...pool, gatewayId, seen: now }
  writes.push({ kind: 'put', key: keys.pool(pool.uuid), value, expect: 'any' })
  await writeInBatches(catalog, writes)
}

const writesFor = async (
  catalog: Catalog,
  keyOf: KeyOf,
  pool: Pick<InventoryPool, 'uuid' | 'name'>,
  vms: readonly InventoryVm[],
): Promise<CatalogWrite[]> => {
  const known = new Map<string, StoredVm>()
  const { pk, sk: prefix } = keyOf(pool.uuid, '')
  for await (const { value } of queryAll<StoredVm>(catalog, pk, { prefix }))
    known.set(value.uuid, value)

  const writes: CatalogWrite[] = []
  // The last one wins where a gateway tells of a VM twice: a transaction takes each key once.
  for (const vm of new Map(vms.map(entry => [entry.uuid, entry])).values()) {
    const stored: StoredVm = { ...vm, poolUuid: pool.uuid, poolName: pool.name }
    if (!isSame(known.get(vm.uuid), stored))
      writes.push({ kind: 'put', key: keyOf(pool.uuid, vm.uuid), value: stored, expect: 'any' })
    known.delete(vm.uuid)
  }
  for (const uuid of known.keys())
    writes.push({ kind: 'delete', key: keyOf(pool.uuid, uuid), expect: 'any' })
  return writes
}

/** @throws `POOL_NOT_FOUND` */
export const readPool = async (catalog: Catalog, poolUuid: string): Promise<Pool> => {
  const item = await catalog.get<Pool>(keys.pool(poolUuid))
  if (!item) throw new PoolNotFoundError(poolUuid)
  return item.value
}

export const readPools = async (catalog: Catalog): Promise<Pool[]> =>
  (await Array.fromAsync(queryAll<Pool>(catalog, keys.pool('').pk))).map(item => item.value)

export const readVms = (catalog: Catalog): Promise<StoredVm[]> => readAll(catalog, keys.vm)

/** Custom ones. */
export const readTemplates = (catalog: Catalog): Promise<StoredVm[]> =>
  readAll(catalog, keys.template)

const readAll = async (catalog: Catalog, keyOf: KeyOf): Promise<StoredVm[]> =>
  (await Array.fromAsync(queryAll<StoredVm>(catalog, keyOf('', '').pk))).map(item => item.value)

const isSame = (a: StoredVm | undefined, b: StoredVm): boolean =>
  JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

// An adapter may give members back in another order.
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  )
}
