import { NoPointToReplicateError } from '#core/errors/replication.ts'
import { isDamage } from '#core/errors/repository.ts'
import { type Maker, ownerOf } from '#core/points/marks.ts'
import type { Repository } from '#repository/index.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import type { Orphans } from '../../targets/standby/orphaned-states.ts'
import { assertUntouched, type Standby, type StandbyMark } from '../../targets/standby/standby.ts'
import { findPointOfJob, type KnownPoint, newestReadablePoint } from '../choose-base.ts'
import { firstRound } from './first-round.ts'
import { nextRound } from './next-round.ts'
import { pairsOf } from './pairs.ts'
import { replicated } from './report.ts'
import { again, proveState, type RoundOptions, settled } from './state.ts'

/**
 * One round: brings the standby to the newest readable recovery point of its VM. What it held before is a snapshot of it before anything is written. Cut off anywhere, the next
 * round goes back to that snapshot and begins again. Where the standby cannot be written to in part, a new one is made beside it, and the old one goes when the new one is there.
 *
 * @throws `NO_POINT_TO_REPLICATE`, `STANDBY_CHANGED`, `RESTORE_UNPROVEN`, `STANDBY_UNPROVEN`, errors of pool and repository
 */
export const replicate = async (options: RoundOptions): Promise<Performed> => {
  const { jobId, spec, pool, repository, context } = options
  const maker: Maker = { jobId, owner: ownerOf(repository.id) }
  context.report({ phase: 'looking for the newest recovery point' })
  const { base: newest, notes } = await newestReadablePoint(repository, spec.vmUuid)
  if (!newest) throw new NoPointToReplicateError(spec.vmName)

  const [found, ...former] = await pool.standbys.findAll(spec.replicaId, maker.owner)
  if (!found) {
    if (spec.standbyUuid)
      notes.push('Somebody has deleted the standby that there was; a new one was made in full.')
    notes.push(...leftOf(await pool.standbys.orphans(spec.replicaId, maker.owner)))
    return { outcome: await firstRound(options, maker, newest, notes) }
  }
  assertUntouched(found)
  for (const old of former) {
    assertUntouched(old)
    notes.push(...(await pool.standbys.remove(old, maker)))
  }
  await pool.standbys.block(found.ref, spec.vmName)
  const inFull = async (standby: Standby, why: string) => {
    notes.push(`${why}; a new standby was made in full.`)
    const outcome = await firstRound(options, maker, newest, notes)
    const now = await pool.standbys.again(standby)
    if (now && isInUse(now))
      notes.push(
        `"${now.record.name_label}" was left alone: somebody has begun to use it meanwhile.`,
      )
    else if (now) notes.push(...(await pool.standbys.remove(now, maker)))
    return { outcome: { ...outcome, report: { ...outcome.report, notes: bounded(notes) } } }
  }
  if (found.mark.writing !== undefined && found.states.length === 0)
    return inFull(found, 'A round was cut off, and the state to go back to is gone')
  const standby = await settled(options, maker, found)
  const held = await heldBy(repository, standby.mark)
  if (!held && standby.mark.doubted)
    return inFull(standby, 'The recovery point that the standby held cannot be read any more')
  const sure = held ? await cleared(options, standby, held) : standby
  if (!sure) return inFull(standby, 'The standby does not hold what it should')
  const { pointId } = sure.mark.point
  // Points are named in the order of their jobs, by the control plane alone.
  const isOlder = newest.point.id < pointId
  if (isOlder)
    notes.push(
      `The standby was left as it is: it holds the newer recovery point ${pointId}, and the VM has no newer one that can be read.`,
    )
  if (isOlder || (pointId === newest.point.id && !spec.prove))
    return { outcome: replicated(await again(options, maker, standby), 'same', 0, false, notes) }
  const pairs = pairsOf(standby, held, newest)
  if (!pairs) return inFull(standby, 'The disks of the VM are others than those of the standby')
  if (!held) notes.push(LOST)
  return { outcome: await nextRound(options, maker, { standby: sure, held, newest, pairs, notes }) }
}

const leftOf = ({ states, disks }: Orphans): string[] => {
  const told = (what: string, names: readonly string[]) =>
    names.length === 0
      ? []
      : [
          `Of a standby that was deleted ${what} still there; delete them if nobody needs them: ${names.join(', ')}`,
        ]
  return [...told('snapshots are', states), ...told('disks are', disks)]
}

const isInUse = ({ mark, record, startTime }: Standby): boolean =>
  mark.role === 'active' || record.power_state !== 'Halted' || startTime !== mark.startTime

const LOST =
  'The recovery point that the standby held cannot be read any more: all of the standby was read and compared instead.'

/** @returns undefined where the point is gone, or damaged: newer ones may be whole */
const heldBy = async (
  repository: Repository,
  { point }: StandbyMark,
): Promise<KnownPoint | undefined> => {
  try {
    return await findPointOfJob(repository, point.vmUuid, point.pointId)
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** A standby that was found wrong, and went back since, is read back before anything builds on it. @returns undefined where it is still wrong */
const cleared = async (
  options: RoundOptions,
  standby: Standby,
  held: KnownPoint,
): Promise<Standby | undefined> => {
  const { doubted, ...mark } = standby.mark
  if (!doubted) return standby
  const state = standby.states.find(each => each.mark.point.pointId === mark.point.pointId)
  if (!state || (await proveState(options, state.ref, standby, held)) !== undefined)
    return undefined
  await options.pool.standbys.mark(standby.ref, mark)
  return { ...standby, mark }
}
