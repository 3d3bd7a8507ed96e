import { StandbyChangedError, StandbyUnprovenError } from '#core/errors/replication.ts'
import type { Maker } from '#core/points/marks.ts'
import type { StandbyMark } from '../../targets/standby/standby.ts'
import { replicated } from './report.ts'
import {
  again,
  factsOf,
  pointOf,
  proveState,
  type Round,
  type RoundOptions,
  settled,
} from './state.ts'
import { writeChanges } from './write-changes.ts'

/** Only blocks that differ are written. After a failure the standby goes back to what it held. */
export const nextRound = async (
  options: RoundOptions,
  maker: Maker,
  { standby, held, newest, pairs, notes }: Round,
) => {
  const { spec, pool, context, log } = options
  const { standbys } = pool
  /** Somebody may have failed over meanwhile, or be at the same work where our lease was lost. */
  const isOurs = (mark: StandbyMark | undefined): boolean =>
    mark?.writing === maker.jobId && mark.role === 'standby'
  await standbys.mark(standby.ref, { ...standby.mark, writing: maker.jobId })
  try {
    const bytes = await writeChanges(options, { standby, held, newest, pairs, notes })
    context.signal.throwIfAborted()
    context.report({ phase: 'keeping the new state' })
    await standbys.settle(standby)
    const mark: StandbyMark = {
      ...standby.mark,
      point: pointOf(newest),
      disks: standby.mark.disks.map(disk => ({
        ...disk,
        diskId: pairs.find(pair => pair.userdevice === disk.userdevice)?.wanted.id ?? disk.diskId,
      })),
    }
    const state = await standbys.snapshot(standby, maker, factsOf(mark))
    if (spec.prove) {
      const wrong = await proveState(options, state.ref, { ...standby, mark }, newest)
      if (wrong !== undefined) {
        const now = await standbys.markOf(standby)
        if (now && isOurs(now)) await standbys.mark(standby.ref, { ...now, doubted: true })
        throw new StandbyUnprovenError(wrong)
      }
    }
    if (!isOurs(await standbys.markOf(standby)))
      throw new StandbyChangedError(standby.record.name_label, 'another job took it over meanwhile')
    await standbys.mark(standby.ref, mark)
    // Nothing new: it was only made to be read back.
    if (standby.mark.point.pointId === newest.point.id)
      notes.push(...(await standbys.drop(state, maker)))
    else await standbys.keep(state)
    const now = await again(options, maker, standby)
    const old = now.states.slice(0, Math.max(0, now.states.length - spec.keep - 1))
    for (const each of old) notes.push(...(await standbys.drop(each, maker)))
    const left = { ...now, states: now.states.slice(old.length) }
    return replicated(left, bytes > 0 ? 'changes' : 'same', bytes, spec.prove, notes)
  } catch (error) {
    const undo = async () => {
      const now = await standbys.again(standby)
      if (now && isOurs(now.mark)) await settled(options, maker, now)
      else log.warn(`The standby of "${spec.vmName}" is gone, or another job's: it was left alone.`)
    }
    await undo().catch(trouble =>
      log.warn(`The standby of "${spec.vmName}" goes back to its last state later`, trouble),
    )
    throw error
  }
}
