import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { ReplicaNotFoundError } from '../errors/replicas.ts'
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

export const createReplica = (catalog: Catalog, value: Replica): Promise<void> =>
  catalog.write([{ kind: 'put', key: keys.replica(value.replicaId), value, expect: 'absent' }])

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
      await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
    return value
  })
