import { keys } from '#core/catalog/keys.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import type { ReplicaStep } from '#core/contracts/replicas-api.ts'
import { toProblem } from '#core/errors/base.ts'
import { RunNotFoundError } from '#core/errors/control.ts'
import { StandbyRunsError } from '#core/errors/replicas.ts'
import { ulidMaker } from '#core/ids.ts'
import type { StoredVm } from '#core/inventory/inventory.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { begin, type FailbackWishes, type Replica, settle } from '#core/replication/replica.ts'
import { changeReplica } from '#core/replication/replicas-catalog.ts'
import { quoted } from '#core/runs/explain.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import type { Run } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import type { Ports } from '../ports.ts'
import { beginRun, type WhenNotStarted } from '../runs/begin-run.ts'

export type StepPorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region'>

/** What a person may say of a step. */
interface Wishes {
  start?: boolean
  pointId?: string | undefined
  failback?: FailbackWishes
}

/** A run that was reserved and is not there after so long was never begun: whoever reserved it died. ms */
const BEGUN_WITHIN = 60_000

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
  wishes: Wishes = {},
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

/** As far as the inventory knows, which is as old as the last word of its gateway. @throws `STANDBY_RUNS` */
export const refuseRunningStandby = async (
  catalog: Ports['catalog'],
  { poolUuid, standby }: Replica,
): Promise<void> => {
  if (!standby) return
  const vm = (await catalog.get<StoredVm>(keys.vm(poolUuid, standby.uuid)))?.value
  if (vm && vm.powerState !== 'Halted') throw new StandbyRunsError(vm.name)
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

const specOf = (replica: Replica, step: ReplicaStep, { start, pointId }: Wishes): JobSpec => {
  const { replicaId, vmUuid, vmName, poolUuid, standby, failback } = replica
  const common = { replicaId, vmUuid, vmName, poolUuid }
  const point = { pointId: failback?.pointId ?? '', vmUuid: standby?.uuid ?? '' }
  switch (step) {
    case 'round':
      return {
        kind: 'replicate',
        ...common,
        networks: replica.networks,
        keep: replica.keep,
        prove: replica.proveEvery > 0 && (replica.rounds + 1) % replica.proveEvery === 0,
        ...(replica.srUuid && { srUuid: replica.srUuid }),
        ...(standby && { standbyUuid: standby.uuid }),
      }
    case 'failover':
      return { kind: 'failover', ...common, start: start ?? true, ...(pointId && { pointId }) }
    case 'back-up-standby':
      return {
        kind: 'backup-vm',
        poolUuid,
        vmUuid: point.vmUuid,
        vmName: standby?.name ?? vmName,
        method: 'normal',
      }
    case 'restore-origin':
      return {
        kind: 'fail-back',
        poolUuid: replica.originPoolUuid,
        ...point,
        vmName,
        originUuid: vmUuid,
        ...(standby && { heldPointId: standby.pointId }),
        full: failback?.full ?? false,
        overwrite: failback?.overwrite ?? false,
      }
    case 'rejoin':
      return { kind: 'rejoin', ...common, point }
  }
}

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
