import type { TestFailoverSpec } from '#core/contracts/test-failover.ts'
import { ReplicaPhaseError, StandbyEmptyError } from '#core/errors/replicas.ts'
import { ulidMaker } from '#core/ids.ts'
import type { Replica } from '#core/replication/replica.ts'
import { quoted } from '#core/runs/explain.ts'
import { beginRun } from '../runs/begin-run.ts'
import type { Once, StepPorts } from './steps.ts'

type Wishes = Omit<TestFailoverSpec, 'kind' | 'poolUuid' | 'vmUuid' | 'vmName' | 'replicaId'>

/**
 * Begins a test failover. The replica is not reserved for it: a copy of a kept state is started, so rounds and a real failover go on beside it.
 * @throws `REPLICA_PHASE` where the standby is the machine; `STANDBY_EMPTY` before its first round; errors of `beginRun`
 */
export const beginTest = async (
  ports: StepPorts,
  { replicaId, vmUuid, vmName, poolUuid, poolName, phase, standby }: Replica,
  wishes: Wishes,
  { beside, notStarted, startedBy }: Once,
): Promise<string> => {
  if (phase === 'active' || phase === 'failing-back') throw new ReplicaPhaseError(vmName, phase)
  if (!standby) throw new StandbyEmptyError(vmName)
  const title = `test failover of ${quoted(vmName, 200)} in ${quoted(poolName, 200)}`
  const spec = { kind: 'test-failover' as const, poolUuid, vmUuid, vmName, replicaId, ...wishes }
  const runId = ulidMaker(ports)()
  const run = { kind: 'boot-check' as const, title, startedBy, specs: [spec] }
  return beginRun(ports, run, runId, beside?.(runId), notStarted)
}
