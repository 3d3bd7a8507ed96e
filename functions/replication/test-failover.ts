import { ulidMaker } from '#core/ids.ts'
import { guardTest, type Replica } from '#core/replication/replica.ts'
import { type TestWishes, testSpecOf } from '#core/replication/step-specs.ts'
import { quoted } from '#core/runs/explain.ts'
import { beginRun } from '../runs/begin-run.ts'
import type { Once, StepPorts } from './steps.ts'

/**
 * Begins a test failover. The replica is not reserved for it: a copy of a kept state is started, so rounds and a real failover go on beside it.
 * @throws `REPLICA_PHASE` where the standby is the machine; `STANDBY_EMPTY` before its first round; errors of `beginRun`
 */
export const beginTest = async (
  ports: StepPorts,
  replica: Replica,
  wishes: TestWishes,
  { beside, notStarted, startedBy }: Once,
): Promise<string> => {
  guardTest(replica)
  const { vmName, poolName } = replica
  const title = `test failover of ${quoted(vmName, 200)} in ${quoted(poolName, 200)}`
  const spec = testSpecOf(replica, wishes)
  const runId = ulidMaker(ports)()
  const run = { kind: 'boot-check' as const, title, startedBy, specs: [spec] }
  return beginRun(ports, run, runId, beside?.(runId), notStarted)
}
