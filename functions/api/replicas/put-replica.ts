import { queryAll, retryOnConflict } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import { ComponentAmbiguousError } from '#core/errors/components.ts'
import { PoolNotFoundError, SrNotFoundError } from '#core/errors/control.ts'
import { ulidMaker } from '#core/ids.ts'
import { type Pool, readVms } from '#core/inventory/inventory.ts'
import { resolveVms } from '#core/inventory/resolve.ts'
import {
  changeReplica,
  createReplica,
  readClaim,
  readReplicas,
} from '#core/replication/replicas-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Defines a standby, or the one that the VM has in that pool anew: what is left out is as if it had never been said. The first round is due at once.
 */
export const putReplica =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body }: RouteCall<'putReplica'>): Promise<RouteReply<'putReplica'>> => {
    const { vm: wanted, pool: poolWanted, sr: srWanted, ...settings } = body
    const [vm] = resolveVms(await readVms(catalog), [wanted])
    const pools = await Array.fromAsync(queryAll<Pool>(catalog, keys.pool('').pk))
    const pool = findOne(
      'pool',
      pools.map(({ value }) => value),
      poolWanted,
    )
    if (!vm || !pool) throw new PoolNotFoundError(poolWanted)
    const sr =
      srWanted === undefined ? undefined : findOne('storage repository', pool.srs, srWanted)
    if (srWanted !== undefined && !sr) throw new SrNotFoundError(srWanted, pool.name)
    const definition = { ...settings, ...(sr && { srUuid: sr.uuid }) }

    const replicaId = ulidMaker({ clock, random })()
    const created = clock.now()
    return retryOnConflict(async () => {
      // In this order: who made one after we looked has also made the claim that we meet then.
      const claim = await readClaim(catalog, pool.uuid, vm.uuid)
      const known = (await readReplicas(catalog)).find(
        ({ vmUuid, poolUuid }) => vmUuid === vm.uuid && poolUuid === pool.uuid,
      )
      if (known) {
        await changeReplica(catalog, known.replicaId, ({ srUuid: _, ...found }) => ({
          ...found,
          ...definition,
        }))
        return { replicaId: known.replicaId }
      }
      await createReplica(
        catalog,
        {
          replicaId,
          vmUuid: vm.uuid,
          vmName: vm.name,
          originPoolUuid: vm.poolUuid,
          poolUuid: pool.uuid,
          poolName: pool.name,
          ...definition,
          created,
          phase: 'standing-by',
          rounds: 0,
          missed: 0,
          nextDue: created,
        },
        claim,
      )
      return { replicaId }
    })
  }

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

export const handler = httpHandler('putReplica', putReplica)
