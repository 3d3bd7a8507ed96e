import type { ReplicateSpec } from '#core/contracts/replication.ts'
import { StandbyMissingError } from '#core/errors/replication.ts'
import type { Maker } from '#core/points/marks.ts'
import type { Clock } from '#core/ports.ts'
import type { Standby, StandbyMark } from '../../targets/standby/standby.ts'
import type { KnownPoint } from '../choose-base.ts'
import type { JobOptions } from '../job-options.ts'
import type { Pair } from './pairs.ts'
import { readBack } from './read-back.ts'

export type RoundOptions = JobOptions<ReplicateSpec> & { clock: Clock }

export interface Round {
  standby: Standby
  /** Undefined where it cannot be read any more. */
  held: KnownPoint | undefined
  newest: KnownPoint
  pairs: Pair[]
  notes: string[]
}

/** What a round that was cut off has left is undone, and what the standby holds is a state that can be gone back to. */
export const settled = async (
  { spec, pool, log }: RoundOptions,
  maker: Maker,
  standby: Standby,
): Promise<Standby> => {
  const { standbys } = pool
  const current = async () => (await standbys.again(standby)) ?? standby
  const last = standby.states.at(-1)
  if (standby.mark.writing !== undefined && last) {
    log.warn(`The standby of "${spec.vmName}" goes back to its last complete state.`)
    await standbys.goBack(standby, last, spec.vmName)
    return current()
  }
  if (standby.states.some(({ mark }) => mark.point.pointId === standby.mark.point.pointId))
    return standby
  await standbys.settle(standby)
  await standbys.keep(await standbys.snapshot(standby, maker, factsOf(standby.mark)))
  return current()
}

export const factsOf = ({ replicaId, point, disks }: StandbyMark) => ({
  replicaId,
  point,
  disks: disks.map(({ userdevice, diskId }) => ({ userdevice, diskId })),
})

/** The standby as it stands, its content kept as a state. @throws `STANDBY_MISSING` */
export const again = async (
  options: RoundOptions,
  maker: Maker,
  found: Pick<Standby, 'ref' | 'mark'>,
): Promise<Standby> => {
  const { spec, pool } = options
  const standby = await pool.standbys.again(found)
  if (!standby) throw new StandbyMissingError(spec.vmName)
  return settled(options, maker, standby)
}

/** @returns the first disk that is not what the point says */
export const proveState = async (
  { pool, repository, context }: RoundOptions,
  state: string,
  { mark }: Pick<Standby, 'mark'>,
  { point }: KnownPoint,
): Promise<string | undefined> => {
  context.report({ phase: 'reading the standby back' })
  for (const { userdevice, diskId } of mark.disks) {
    const wanted = point.disks.find(({ id }) => id === diskId)
    if (!wanted) return userdevice
    const found = await readBack({ pool, repository, context }, state, userdevice, wanted)
    if (found !== wanted.rootHash) return userdevice
  }
  return undefined
}

export const pointOf = ({ point, subject }: KnownPoint): StandbyMark['point'] => ({
  pointId: point.id,
  vmUuid: point.vmUuid,
  taken: subject.taken,
})
