import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { ReplicaNotFoundError } from '../errors/replicas.ts'
import { replicaUseWrites } from '../maintenance/uses.ts'
import type { Catalog } from '../ports.ts'
import type { Replica } from './replica.ts'

export const readReplicas = async (catalog: Catalog): Promise<Replica[]> =>
  (await Array.fromAsync(queryAll<Replica>(catalog, keys.replica('').pk))).map(item => item.value)

/** @throws `REPLICA_NOT_FOUND` */
export const readReplica = async (catalog: Catalog, replicaId: string): Promise<Replica> => {
  const item = await catalog.get<Replica>(keys.replica(replicaId))
  if (!item) throw new ReplicaNotFoundError(replicaId)
  return item.value
}

/** What says that the VM has a replica in that pool, as it was read; one that is there may be of a replica that stands by for another VM since a failback. */
type Claim = 'absent' | { version: number }

export const readClaim = async (
  catalog: Catalog,
  poolUuid: string,
  vmUuid: string,
): Promise<Claim> => {
  const item = await catalog.get(keys.replicaOf(poolUuid, vmUuid))
  return item ? { version: item.version } : 'absent'
}

/** Of two that are made at once for the same VM and pool one becomes. @throws `CATALOG_CONFLICT` for the other */
export const createReplica = async (
  catalog: Catalog,
  value: Replica,
  claim: Claim = 'absent',
): Promise<void> => {
  const { replicaId, poolUuid, vmUuid } = value
  const key = keys.replicaOf(poolUuid, vmUuid)
  await catalog.write([
    { kind: 'put', key: keys.replica(replicaId), value, expect: 'absent' },
    { kind: 'put', key, value: { replicaId }, expect: claim },
    ...replicaUseWrites(undefined, value),
  ])
}

/**
 * Applies a transition to the replica as it stands; of two at once the second sees what the first has made.
 * @throws `REPLICA_NOT_FOUND`, and what the transition throws
 */
export const changeReplica = (
  catalog: Catalog,
  replicaId: string,
  transition: (replica: Replica) => Replica,
): Promise<Replica> =>
  retryOnConflict(async () => {
    const key = keys.replica(replicaId)
    const item = await catalog.get<Replica>(key)
    if (!item) throw new ReplicaNotFoundError(replicaId)
    const value = transition(item.value)
    if (value !== item.value)
      await catalog.write([
        { kind: 'put', key, value, expect: { version: item.version } },
        ...replicaUseWrites(item.value, value),
      ])
    return value
  })
