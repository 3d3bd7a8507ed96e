import { keys } from '#core/catalog/keys.ts'
import { SourceRunsError, StandbyRunsError } from '#core/errors/replicas.ts'
import type { Pool, StoredVm } from '#core/inventory/inventory.ts'
import type { Replica } from '#core/replication/replica.ts'
import type { Ports } from '../ports.ts'

/*
 * Which of the two machines runs, as far as the inventory knows, which is as old as the last word of its gateway.
 */

/** Why the VM that it stands by for must not get a double now. */
export const runningSource = async (
  { catalog, clock }: Pick<Ports, 'catalog' | 'clock'>,
  { originPoolUuid, vmUuid, vmName }: Replica,
): Promise<SourceRunsError | undefined> => {
  const vm = (await catalog.get<StoredVm>(keys.vm(originPoolUuid, vmUuid)))?.value
  if (!vm || vm.powerState === 'Halted') return undefined
  const pool = (await catalog.get<Pool>(keys.pool(originPoolUuid)))?.value
  return new SourceRunsError(vmName, Math.floor((clock.now() - (pool?.seen ?? 0)) / 60_000))
}

/** @throws `SOURCE_RUNS` */
export const refuseRunningSource = async (
  ports: Pick<Ports, 'catalog' | 'clock'>,
  replica: Replica,
): Promise<void> => {
  const error = await runningSource(ports, replica)
  if (error) throw error
}

/** Why what the standby holds, or will be backed up of it, is not to be relied on now. */
export const runningStandby = async (
  catalog: Ports['catalog'],
  { poolUuid, standby }: Replica,
): Promise<StandbyRunsError | undefined> => {
  if (!standby) return undefined
  const vm = (await catalog.get<StoredVm>(keys.vm(poolUuid, standby.uuid)))?.value
  return vm && vm.powerState !== 'Halted' ? new StandbyRunsError(vm.name) : undefined
}

/** @throws `STANDBY_RUNS` */
export const refuseRunningStandby = async (
  catalog: Ports['catalog'],
  replica: Replica,
): Promise<void> => {
  const error = await runningStandby(catalog, replica)
  if (error) throw error
}
