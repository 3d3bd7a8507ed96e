import type { FailoverSpec, RejoinSpec } from '#core/contracts/replication.ts'
import {
  FailoverNotStartedError,
  StandbyChangedError,
  StandbyMissingError,
  StateMissingError,
} from '#core/errors/replication.ts'
import { ownerOf } from '#core/points/marks.ts'
import type { Performed } from '../../control/leased-job.ts'
import { assertUntouched, type KeptState, type Standby } from '../../targets/standby/standby.ts'
import { findPointOfJob } from '../choose-base.ts'
import { PointGoneError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import { reportOf } from './report.ts'

const NOTHING = { written: 'same', bytesWritten: 0, readBack: false } as const

/**
 * The standby becomes the machine. It is marked as that before it can be started, so that no round ever writes to it again; then its blocks are taken off and it starts. May be
 * run again, also when it runs already.
 * @throws `STANDBY_MISSING`, `STANDBY_CHANGED`, `STATE_MISSING`, `FAILOVER_NOT_STARTED`, errors of the pool
 */
export const failover = async ({
  spec,
  pool,
  repository,
  context,
}: JobOptions<FailoverSpec>): Promise<Performed> => {
  const { standbys } = pool
  const owner = ownerOf(repository.id)
  const present = (standby: Standby | undefined): Standby => {
    if (!standby) throw new StandbyMissingError(spec.vmName)
    return standby
  }
  const found = present(await standbys.find(spec.replicaId, owner))
  const again = async () => present(await standbys.again(found))
  if (found.mark.role === 'standby') {
    assertUntouched(found)
    const wanted = stateFor(found, spec.pointId)
    if (wanted) {
      context.report({ phase: 'going back to the state' })
      await standbys.goBack(found, wanted, spec.vmName)
    }
    const { mark, ref } = await again()
    await standbys.mark(ref, { ...mark, role: 'active' })
    await standbys.rename(ref, `${spec.vmName.slice(0, 900)} (failed over)`)
  }
  const active = await again()
  await standbys.unblock(active.ref)
  if (spec.start && active.record.power_state === 'Halted') {
    context.report({ phase: 'starting the VM' })
    const failure = await standbys.start(active.ref)
    if (failure !== undefined) throw new FailoverNotStartedError(active.record.name_label, failure)
  }
  const now = await again()
  const started = now.record.power_state === 'Running'
  return {
    outcome: { status: 'failed-over', report: reportOf(now, { ...NOTHING, started }, []) },
  }
}

/** @returns the state to go back to; none where the standby holds what is wanted as it is @throws `STATE_MISSING` */
const stateFor = ({ mark, states }: Standby, pointId: string | undefined) => {
  const current = mark.point.pointId
  if (mark.writing === undefined && (pointId ?? current) === current) return undefined
  const found: KeptState | undefined =
    pointId === undefined
      ? states.at(-1)
      : states.find(state => state.mark.point.pointId === pointId)
  if (found) return found
  const known = states.map(state => state.mark.point.pointId)
  throw new StateMissingError(pointId ?? current, known)
}

/**
 * The machine that was failed over to is a standby again, and holds what `spec.point` says: its own backup, taken while it was off.
 * @throws `STANDBY_MISSING`, `STANDBY_CHANGED` where it runs or has run since, `POINT_NOT_FOUND`
 */
export const rejoin = async ({
  jobId,
  spec,
  pool,
  repository,
}: JobOptions<RejoinSpec>): Promise<Performed> => {
  const { standbys } = pool
  const owner = ownerOf(repository.id)
  const found = await standbys.find(spec.replicaId, owner)
  if (!found) throw new StandbyMissingError(spec.vmName)
  const known = await findPointOfJob(repository, spec.point.vmUuid, spec.point.pointId)
  if (!known) throw new PointGoneError(spec.point.pointId, repository.store.address)
  const refuse = (why: string): never => {
    throw new StandbyChangedError(found.record.name_label, why)
  }
  const { power_state: state } = found.record
  const { taken, vm, powerState, startTime } = known.subject
  if (state !== 'Halted') refuse(`it is ${state}`)
  // Equal, not later: no clock of one host is compared with that of another. Points of older gateways do not tell it.
  const isSame = startTime === undefined ? found.startTime <= taken : found.startTime === startTime
  if (powerState !== 'Halted' || !isSame) refuse('it ran while or after it was backed up')
  if (found.mark.role === 'active') {
    const point = { ...spec.point, taken }
    const disks = found.disks.flatMap(({ vbd, vdi }) => {
      const disk = vm.disks.find(({ userdevice }) => userdevice === vbd.userdevice)
      return disk?.vdiUuid === vdi.uuid
        ? [{ userdevice: vbd.userdevice, vdiUuid: vdi.uuid, diskId: vdi.uuid }]
        : []
    })
    if (disks.length !== found.disks.length) refuse('its disks are not those that were backed up')
    await standbys.block(found.ref, spec.vmName)
    const blocked = await standbys.again(found)
    if (blocked?.record.power_state !== 'Halted' || blocked.startTime !== found.startTime) {
      await standbys.unblock(found.ref)
      refuse('somebody started it a moment ago')
    }
    await standbys.rename(found.ref, `${spec.vmName.slice(0, 900)} (standby)`)
    const { writing: _, doubted: _doubted, ...mark } = found.mark
    await standbys.mark(found.ref, {
      ...mark,
      role: 'standby',
      point,
      disks,
      startTime: found.startTime,
    })
    for (const old of found.states) await standbys.drop(old, { jobId, owner })
  }
  const now = (await standbys.again(found)) ?? found
  return {
    outcome: { status: 'rejoined', report: reportOf(now, { ...NOTHING, started: false }, []) },
  }
}
