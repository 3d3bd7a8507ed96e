import type { ReplicateSpec } from '#core/contracts/replication.ts'
import { StandbyUnprovenError } from '#core/errors/replication.ts'
import { type Maker, STANDBY_TAG, standbyReason } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { Standby, StandbyMark } from '../../targets/standby/standby.ts'
import type { KnownPoint } from '../choose-base.ts'
import { writeDisks } from '../restore/write-disks.ts'
import { replicated } from './report.ts'
import { again, pointOf, proveState, type RoundOptions } from './state.ts'

/** Everything is written, to a new VM. */
export const firstRound = async (
  options: RoundOptions,
  maker: Maker,
  newest: KnownPoint,
  notes: string[],
) => {
  const { spec, pool, context, log } = options
  const { standbys } = pool
  const vm = await pool.createVm({
    ...maker,
    metadata: asStandby(newest.subject.vm, spec),
    newName: `${spec.vmName.slice(0, 900)} (standby)`,
    signal: context.signal,
    ...(spec.srUuid && { srUuid: spec.srUuid }),
  })
  let finished = false
  try {
    const disks = await writeDisks(options, vm, newest)
    context.signal.throwIfAborted()
    const ids = new Map(newest.subject.vm.disks.map(disk => [disk.userdevice, disk.vdiUuid]))
    const mark: StandbyMark = {
      self: vm.uuid,
      replicaId: spec.replicaId,
      owner: maker.owner,
      role: 'standby',
      made: options.clock.now(),
      point: pointOf(newest),
      disks: disks.map(({ userdevice, vdiUuid }) => ({
        userdevice,
        vdiUuid,
        diskId: ids.get(userdevice) ?? '',
      })),
      startTime: 0, // never
    }
    await vm.finish({ start: false, marks: { [STANDBY_TAG]: JSON.stringify(mark) } })
    finished = true
    await standbys.block(vm.ref, spec.vmName)
    const bytes = disks.reduce((sum, disk) => sum + disk.bytesWritten, 0)
    const made = await again(options, maker, { ref: vm.ref, mark })
    if (spec.prove) await prove(options, made, newest)
    notes.push(...vm.notes)
    return replicated(made, 'all', bytes, spec.prove, notes)
  } finally {
    if (!finished)
      await vm
        .discard()
        .catch(error =>
          log.warn(`The unfinished standby ${vm.uuid} could not be removed yet`, error),
        )
  }
}

/** @throws `STANDBY_UNPROVEN`; the standby is doubted then, so that the next round does not build on it */
const prove = async (options: RoundOptions, made: Standby, newest: KnownPoint): Promise<void> => {
  const state = made.states.at(-1)
  const wrong = state ? await proveState(options, state.ref, made, newest) : 'without a snapshot'
  if (wrong === undefined) return
  await options.pool.standbys.mark(made.ref, { ...made.mark, doubted: true })
  throw new StandbyUnprovenError(wrong)
}

/** Blocked from its birth, without a verdict or duty of the original, and on the networks that the target pool has for it. */
const asStandby = (vm: VmMetadata, { vmName, networks }: ReplicateSpec): VmMetadata => {
  const reason = standbyReason(vmName)
  return {
    ...vm,
    record: { ...vm.record, blocked_operations: { start: reason, start_on: reason } },
    vifs: vm.vifs.map(vif => {
      const networkUuid = networks[vif.networkUuid ?? ''] ?? networks[vif.networkName]
      return networkUuid ? { ...vif, networkUuid } : vif
    }),
  }
}
