import { RunNotFoundError } from '#core/errors/control.ts'
import { type Replica, settle } from '#core/replication/replica.ts'
import { changeReplica } from '#core/replication/replicas-catalog.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'

/** A run that was reserved and is not there after so long was never begun: whoever reserved it died. ms */
const BEGUN_WITHIN = 60_000

/** Takes over what the run came to that the replica waits for, where that has ended. */
export const takeOver = async (
  { catalog, clock }: Pick<Ports, 'catalog' | 'clock'>,
  replica: Replica,
): Promise<Replica> => {
  const { current, replicaId } = replica
  if (!current) return replica
  const { runId } = current
  const run = await readRun(catalog, runId).catch(error => {
    if (error instanceof RunNotFoundError) return undefined
    throw error
  })
  if (!run && clock.now() - current.since < BEGUN_WITHIN) return replica
  if (run?.value.state === 'running') return replica
  const [job] = run ? await readJobs(catalog, runId) : []
  return changeReplica(catalog, replicaId, found =>
    settle(
      found,
      {
        runId,
        ok: run?.value.state === 'succeeded',
        line: run?.value.line ?? 'The run was never begun.',
        outcome: job?.outcome,
      },
      clock.now(),
    ),
  )
}
