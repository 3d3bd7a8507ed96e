import type { JobSpec } from '../contracts/jobs.ts'
import type { ReplicaStep } from '../contracts/replicas-api.ts'
import type { TestFailoverSpec } from '../contracts/test-failover.ts'
import type { FailbackWishes, Replica } from './replica.ts'

/** What a person may say of a step. */
export interface StepWishes {
  start?: boolean
  pointId?: string | undefined
  failback?: FailbackWishes
}

export type TestWishes = Omit<
  TestFailoverSpec,
  'kind' | 'poolUuid' | 'vmUuid' | 'vmName' | 'replicaId'
>

/** The job of a step. */
export const specOf = (
  replica: Replica,
  step: ReplicaStep,
  { start, pointId }: StepWishes = {},
): JobSpec => {
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

/** The job of a test. */
export const testSpecOf = (
  { replicaId, vmUuid, vmName, poolUuid }: Replica,
  wishes: TestWishes,
): TestFailoverSpec => ({
  ...{ kind: 'test-failover', poolUuid, vmUuid, vmName, replicaId },
  ...wishes,
})
