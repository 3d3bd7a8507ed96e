import { replicaLine } from '#core/replication/replica-line.ts'
import { readReplicas } from '#core/replication/replicas-catalog.ts'
import type { RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { takeOver } from '../../replication/steps.ts'
import { httpHandler } from '../../runtime.ts'

/** Every standby and how it stands. */
export const listReplicas =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async (): Promise<RouteReply<'listReplicas'>> => {
    const items = []
    for (const found of await readReplicas(catalog)) {
      const replica = await takeOver({ catalog, clock }, found)
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
    return { items }
  }

export const handler = httpHandler('listReplicas', listReplicas)
