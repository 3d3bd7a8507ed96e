import { retryOnConflict } from '#core/catalog/access.ts'
import { ulidMaker } from '#core/ids.ts'
import { changeReplica, createReplica, readClaim } from '#core/replication/replicas-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { newReplica, readDefinition, replicaOf } from '../../replication/definition.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Defines a standby, or the one that the VM has in that pool anew: what is left out is as if it had never been said. The first round is due at once.
 */
export const putReplica =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body }: RouteCall<'putReplica'>): Promise<RouteReply<'putReplica'>> => {
    const { vm, pool, definition } = await readDefinition(catalog, body)
    const fresh = newReplica({ vm, pool, definition }, ulidMaker({ clock, random })(), clock.now())
    return retryOnConflict(async () => {
      // In this order: who made one after we looked has also made the claim that we meet then.
      const claim = await readClaim(catalog, pool.uuid, vm.uuid)
      const known = await replicaOf(catalog, vm.uuid, pool.uuid)
      if (known) {
        await changeReplica(catalog, known.replicaId, ({ srUuid: _, ...found }) => ({
          ...found,
          ...definition,
        }))
        return { replicaId: known.replicaId }
      }
      await createReplica(catalog, fresh, claim)
      return { replicaId: fresh.replicaId }
    })
  }

export const handler = httpHandler('putReplica', putReplica)
