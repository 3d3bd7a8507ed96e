import type { ReplicaStep } from '#core/contracts/replicas-api.ts'
import { toProblem } from '#core/errors/base.ts'
import { RunNotFoundError } from '#core/errors/control.ts'
import { ulidMaker } from '#core/ids.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { begin, settle } from '#core/replication/replica.ts'
import { changeReplica } from '#core/replication/replicas-catalog.ts'
import { type StepWishes, specOf } from '#core/replication/step-specs.ts'
import { quoted } from '#core/runs/explain.ts'
import type { Run } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'
import { beginRun, type WhenNotStarted } from '../runs/begin-run.ts'
import { refuseRunningStandby } from './running.ts'

export type StepPorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region'>

/** What makes a call that comes again one that was done once. */
export interface Once {
  beside?: (runId: string) => readonly CatalogWrite[]
  notStarted?: WhenNotStarted
  /** Who asked for it; it began by itself unless told. */
  startedBy?: string
}

/**
 * Begins a step. The replica is reserved first, under the id of a run that is made then, so that no two are ever under way.
 * @param once what is written in one piece with the run, and as of `beginRun`
 * @returns the run's id
 * @throws `REPLICA_BUSY`, `REPLICA_PHASE`, `STANDBY_RUNS`, errors of `beginRun`
 */
export const beginStep = async (
  ports: StepPorts,
  replicaId: string,
  step: ReplicaStep,
  wishes: StepWishes = {},
  { beside, notStarted, startedBy = 'its replication' }: Once = {},
): Promise<string> => {
  const { catalog, clock, random } = ports
  const runId = ulidMaker({ clock, random })()
  const replica = await changeReplica(catalog, replicaId, found =>
    begin(found, step, runId, clock.now(), wishes.failback),
  )
  try {
    // Somebody may have started it while or after it was backed up: better noticed before anything is written at the origin.
    if (step === 'restore-origin') await refuseRunningStandby(catalog, replica)
    const title = `${quoted(replica.vmName, 200)} in ${quoted(replica.poolName, 200)}`
    return await beginRun(
      ports,
      { kind: KINDS[step], title, startedBy, specs: [specOf(replica, step, wishes)] },
      runId,
      beside?.(runId),
      notStarted,
    )
  } catch (error) {
    const problem = toProblem(error)
    // Where it may have begun all the same (an answer that was lost), the replica stays reserved for it.
    if (!(await mayRun(catalog, runId)))
      await changeReplica(catalog, replicaId, found =>
        settle(
          found,
          { runId, ok: false, line: problem.message, outcome: { status: 'failed', problem } },
          clock.now(),
        ),
      )
    throw error
  }
}

const mayRun = async (catalog: Ports['catalog'], runId: string): Promise<boolean> => {
  try {
    return (await readRun(catalog, runId)).value.state === 'running'
  } catch (error) {
    return !(error instanceof RunNotFoundError)
  }
}

const KINDS: Record<ReplicaStep, Run['kind']> = {
  round: 'replication',
  failover: 'failover',
  'back-up-standby': 'backup',
  'restore-origin': 'restore',
  rejoin: 'replication',
}
