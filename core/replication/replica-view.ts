import type { ReplicaView } from '../contracts/replicas-api.ts'
import type { Replica } from './replica.ts'
import { ageOf } from './replica-age.ts'
import { replicaLine } from './replica-line.ts'

/** A replica as people see it. @param newest recovery point of the VM */
export const viewReplica = (
  replica: Replica,
  newest: Parameters<typeof ageOf>[1],
  now: number,
): ReplicaView => {
  const { replicaId, vmUuid, vmName, poolUuid, poolName, keep, everySeconds, proveEvery } = replica
  const { phase, nextDue, missed, current, standby, last } = replica
  return {
    ...{ replicaId, vmUuid, vmName, poolUuid, poolName, keep, everySeconds, proveEvery },
    ...{ phase, nextDue, missed },
    ...(current && { current: { runId: current.runId, step: current.step } }),
    ...(standby && { standby }),
    ...(last && { last }),
    age: ageOf(replica, newest, now),
    line: replicaLine(replica, now),
  }
}
