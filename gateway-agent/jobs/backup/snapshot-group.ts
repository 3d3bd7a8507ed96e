import { GroupFailedError } from '#core/errors/methods.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import type { VmSnapshot } from '../../xapi/snapshot/vm-snapshot.ts'
import type { VmTurns } from '../vm-turns.ts'
import { findTaken, type GroupOptions, type Outcome, takeGroup } from './take-group.ts'

/**
 * @returns the snapshot of the job that asks, taken together with those of its group
 * @throws `GROUP_FAILED`; {@link LeftOutError} where the group goes on without it, which no waiting changes; what kept the group from being begun
 */
export type TakeInGroup = (options: GroupOptions) => Promise<VmSnapshot>

interface UnderWay {
  taking: Promise<Outcome>
  /** The job that takes them. */
  by: string
  /** Jobs of the group that have not asked yet. */
  toCome: Set<string>
}

/** Groups that are remembered: those that failed, and those whose last job has not come; one that was cancelled while it waited never does. */
const REMEMBERED = 100

/**
 * The job of a group that comes first takes the snapshots of all, each under the mark of its own job; the others find theirs. So it does not
 * matter how many jobs run at once, and when a gateway is killed and starts again, the snapshots on the pool tell how far the group had come.
 * While they are taken, nobody else is at work on any of the VMs; so whoever asks must not hold a turn.
 */
export const createSnapshotGroups = (turns: VmTurns): TakeInGroup => {
  const underWay = new Map<string, UnderWay>()

  const forget = (id: string, entry: UnderWay) => {
    if (underWay.get(id) === entry) underWay.delete(id)
  }

  const begin = (options: GroupOptions): UnderWay => {
    const { group, jobId } = options
    const toCome = new Set(group.members.map(member => member.jobId))
    const entry: UnderWay = { taking: takeInTurn(turns, options), by: jobId, toCome }
    const [oldest] = underWay.keys()
    if (oldest !== undefined && underWay.size >= REMEMBERED) underWay.delete(oldest)
    underWay.set(group.id, entry)
    // A group that failed is the answer for whoever comes late. Where that passes by itself, where it could not even be begun, or whoever
    // took them was stopped, it is begun again: a job whose pool or control plane was away is patient.
    entry.taking.catch(error => {
      if (!(error instanceof GroupFailedError) || error.retryable) forget(group.id, entry)
    })
    return entry
  }

  return async options => {
    const { group, jobId, signal, tell } = options
    for (;;) {
      const entry = underWay.get(group.id) ?? begin(options)
      entry.toCome.delete(jobId)
      if (entry.by !== jobId) tell('waiting for the snapshots of the group')
      try {
        const outcome = await unlessAborted(entry.taking, signal)
        if (entry.toCome.size === 0) forget(group.id, entry)
        const mine = outcome.get(jobId)
        if (mine && !(mine instanceof Error)) return mine
        throw mine ? new LeftOutError(mine) : notAmong()
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof TakerStoppedError)) throw error
      }
    }
  }
}

class TakerStoppedError extends Error {}

/** The group has all its snapshots but this one; the cause is what it failed with. */
export class LeftOutError extends Error {
  declare readonly cause: Error
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

const notAmong = (): GroupFailedError =>
  new GroupFailedError('its snapshot was not taken together with those of the others, or is gone.')

const takeInTurn = async (turns: VmTurns, options: GroupOptions): Promise<Outcome> => {
  const { group, signal, tell } = options
  const vms = group.members.map(({ vmUuid }) => vmUuid)
  const onWait = () => tell('waiting for another backup or restore of a VM of the group')
  try {
    const before = await findTaken(options)
    return before ?? (await turns(vms, { signal, onWait }, () => takeGroup(options)))
  } catch (error) {
    throw signal.aborted ? new TakerStoppedError('stopped', { cause: signal.reason }) : error
  }
}
