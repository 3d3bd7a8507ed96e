import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import { ComponentAmbiguousError } from '#core/errors/components.ts'
import { PoolNotFoundError, SrNotFoundError } from '#core/errors/control.ts'
import { type Pool, readVms, type StoredVm } from '#core/inventory/inventory.ts'
import { resolveVms } from '#core/inventory/resolve.ts'
import type { Catalog } from '#core/ports.ts'
import type { Replica } from '#core/replication/replica.ts'
import { readReplicas } from '#core/replication/replicas-catalog.ts'
import type { RouteCall } from '../middleware/route-call.ts'

/** What a person said of a standby, found in the inventory. */
export interface Definition {
  vm: StoredVm
  pool: Pool
  definition: Pick<Replica, 'networks' | 'keep' | 'everySeconds' | 'proveEvery' | 'srUuid'>
}

/** @throws `VM_NOT_FOUND`, `VM_AMBIGUOUS`, `POOL_NOT_FOUND`, `SR_NOT_FOUND`, `COMPONENT_AMBIGUOUS` */
export const readDefinition = async (
  catalog: Catalog,
  { vm: wanted, pool: poolWanted, sr: srWanted, ...settings }: RouteCall<'putReplica'>['body'],
): Promise<Definition> => {
  const [vm] = resolveVms(await readVms(catalog), [wanted])
  const pools = await Array.fromAsync(queryAll<Pool>(catalog, keys.pool('').pk))
  const pool = findOne(
    'pool',
    pools.map(({ value }) => value),
    poolWanted,
  )
  if (!vm || !pool) throw new PoolNotFoundError(poolWanted)
  const sr = srWanted === undefined ? undefined : findOne('storage repository', pool.srs, srWanted)
  if (srWanted !== undefined && !sr) throw new SrNotFoundError(srWanted, pool.name)
  return { vm, pool, definition: { ...settings, ...(sr && { srUuid: sr.uuid }) } }
}

/** As it is before its first round, which is due at once. */
export const newReplica = (
  { vm, pool, definition }: Definition,
  replicaId: string,
  now: number,
): Replica => ({
  replicaId,
  vmUuid: vm.uuid,
  vmName: vm.name,
  originPoolUuid: vm.poolUuid,
  poolUuid: pool.uuid,
  poolName: pool.name,
  ...definition,
  created: now,
  phase: 'standing-by',
  rounds: 0,
  missed: 0,
  nextDue: now,
})

/** The one that the VM has in the pool. */
export const replicaOf = async (
  catalog: Catalog,
  vm: string,
  pool: string,
): Promise<Replica | undefined> =>
  (await readReplicas(catalog)).find(({ vmUuid, poolUuid }) => vmUuid === vm && poolUuid === pool)

/** By UUID or exact name. Every host calls its disks "Local storage": which of them is meant is not guessed. @throws `COMPONENT_AMBIGUOUS` */
const findOne = <T extends { uuid: string; name: string }>(
  what: 'pool' | 'storage repository',
  all: readonly T[],
  wanted: string,
): T | undefined => {
  const exact = all.find(({ uuid }) => uuid === wanted.toLowerCase())
  if (exact) return exact
  const named = all.filter(({ name }) => name === wanted)
  if (named.length > 1)
    throw new ComponentAmbiguousError(
      what,
      wanted,
      named.map(({ uuid }) => uuid),
    )
  return named[0]
}
