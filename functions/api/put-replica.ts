import { queryAll, retryOnConflict } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
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
import type { RouteCall, RouteReply } from '../middleware/route-call.ts'
import type { Ports } from '../ports.ts'
import { httpHandler } from '../runtime.ts'

/**
 * Defines a standby, or the one that the VM has in that pool anew: what is left out is as if it had never been said. The first round is due at once.
 */
export const putReplica =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body }: RouteCall<'putReplica'>): Promise<RouteReply<'putReplica'>> => {
    const { vm: wanted, pool: poolWanted, sr: srWanted, ...settings } = body
    const [vm] = resolveVms(await readVms(catalog), [wanted])
    const pools = await Array.fromAsync(queryAll<Pool>(catalog, keys.pool('').pk))
    const pool = pools.find(
      ({ value }) => value.uuid === poolWanted.toLowerCase() || value.name === poolWanted,
    )?.value
    if (!vm || !pool) throw new PoolNotFoundError(poolWanted)
    const sr = pool.srs.find(({ uuid, name }) => uuid === srWanted || name === srWanted)
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

export const handler = httpHandler('putReplica', putReplica)
