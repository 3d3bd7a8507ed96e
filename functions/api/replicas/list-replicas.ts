import { keys } from '#core/catalog/keys.ts'
import { isActive } from '#core/region/region.ts'
import type { Replica } from '#core/replication/replica.ts'
import { replicaLine } from '#core/replication/replica-line.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { takeOver } from '../../replication/steps.ts'
import { httpHandler } from '../../runtime.ts'

/** The standbys and how they stand, oldest first. */
export const listReplicas =
  ({ catalog, clock, region }: Pick<Ports, 'catalog' | 'clock' | 'region'>) =>
  async ({ query }: RouteCall<'listReplicas'>): Promise<RouteReply<'listReplicas'>> => {
    const { limit = 100, after } = query
    const page = await catalog.query<Replica>(keys.replica('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    // Where the region stands by, what runs came to is not written down, and shown as it was.
    const isWritten = isActive(await region.view())
    const items = []
    for (const { value: found } of page.items) {
      const replica = isWritten ? await takeOver({ catalog, clock }, found) : found
      const { current, standby, last } = replica
      items.push({
        replicaId: replica.replicaId,
        vmUuid: replica.vmUuid,
        vmName: replica.vmName,
        poolUuid: replica.poolUuid,
        poolName: replica.poolName,
        keep: replica.keep,
        everySeconds: replica.everySeconds,
        proveEvery: replica.proveEvery,
        phase: replica.phase,
        nextDue: replica.nextDue,
        missed: replica.missed,
        ...(current && { current: { runId: current.runId, step: current.step } }),
        ...(standby && { standby }),
        ...(last && { last }),
        line: replicaLine(replica, clock.now()),
      })
    }
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listReplicas', listReplicas)
