import type { GroupMember, PointGroup, SnapshotGroup } from '#core/contracts/methods.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { GroupFailedError } from '#core/errors/methods.ts'
import { takeByMethod } from '../../methods/index.ts'
import type { FindProvider } from '../../quiesce/provider.ts'
import type { VmSnapshot } from '../../xapi/vm-snapshot.ts'
import type { Pool } from '../pool.ts'
import { createBarrier } from './barrier.ts'

export interface GroupOptions {
  group: SnapshotGroup
  /** The job that asks. */
  jobId: string
  pool: Pool
  /** The installation. */
  owner: string
  findProvider: FindProvider
  /** Which of these jobs are not over; as the control plane knows. */
  openJobs: (jobIds: string[]) => Promise<readonly string[]>
  /** Whether a job is at work in this process. */
  isRunning?: (jobId: string) => boolean
  signal: AbortSignal
  tell: (phase: string) => void
}

/** What became of each member, by its job. */
type Outcome = ReadonlyMap<string, VmSnapshot | Error>

/** @returns the snapshot of the job that asks, taken together with those of its group. @throws `GROUP_FAILED`, and what its own snapshot failed with */
export type TakeInGroup = (options: GroupOptions) => Promise<VmSnapshot>

/**
 * The job of a group that comes first takes the snapshots of all, each under the mark of its own job; the others find theirs. So it does not
 * matter how many jobs run at once, and when a gateway is killed and starts again, the snapshots on the pool tell how far the group had come.
 */
export const createSnapshotGroups = (): TakeInGroup => {
  const underWay = new Map<string, { taking: Promise<Outcome>; asked: Set<string> }>()
  return async options => {
    const { group, jobId, signal, tell } = options
    for (;;) {
      const others = underWay.get(group.id)
      if (others) tell('waiting for the snapshots of the group')
      const entry = others ?? { taking: takeOrFind(options), asked: new Set<string>() }
      underWay.set(group.id, entry)
      entry.asked.add(jobId)
      const forget = () => {
        if (underWay.get(group.id) === entry) underWay.delete(group.id)
      }
      // A group that failed is the answer for whoever comes late; snapshots that were taken are found on the pool. Where it could not even
      // be begun it is begun again: a job whose pool or control plane was away is patient.
      const notBegun = (error: unknown) => {
        if (!(error instanceof GroupFailedError)) forget()
      }
      const all = entry.asked.size === group.members.length
      void entry.taking.then(() => (all ? forget() : undefined), notBegun)
      try {
        const mine = (await entry.taking).get(jobId)
        if (mine && !(mine instanceof Error)) return mine
        throw mine ?? notAmong()
      } catch (error) {
        signal.throwIfAborted()
        // Whoever took them was stopped, not the group: the next one begins anew.
        if (!(error instanceof TakerStoppedError)) throw error
        forget()
      }
    }
  }
}

class TakerStoppedError extends Error {}

const notAmong = (): GroupFailedError =>
  new GroupFailedError('its snapshot was not taken together with those of the others, or is gone.')

/** Snapshots that an earlier life of the gateway took for the whole group, or new ones. */
const takeOrFind = async (options: GroupOptions): Promise<Outcome> => {
  const { group, pool, owner, openJobs, signal } = options
  await startLeftDown(options)
  const found = new Map<string, VmSnapshot>()
  for (const { jobId, vmUuid } of group.members) {
    const there = await pool.findSnapshot({ vmUuid, jobId, owner })
    if (there && 'snapshot' in there) found.set(jobId, there.snapshot)
  }
  const facts = [...found.values()].find(snapshot => snapshot.group)?.group
  if (facts) {
    // Cut off while this was being written: all snapshots were there by then.
    for (const snapshot of found.values()) await keepFacts(pool, snapshot, facts)
    return found
  }
  const jobIds = group.members.map(({ jobId }) => jobId)
  const open = await openJobs(jobIds)
  const over = group.members.find(({ jobId }) => !open.includes(jobId))
  if (over)
    throw new GroupFailedError(
      `the backup of "${over.vmName}" has ended already, and snapshots taken now would not belong to it.`,
    )
  await removeUnfinished(options)
  try {
    return await takeAll(options)
  } catch (error) {
    throw signal.aborted ? new TakerStoppedError('stopped', { cause: signal.reason }) : error
  }
}

/** What an earlier life of the gateway had stopped for the group; jobs of it that run again here wait for us. */
const startLeftDown = async ({ group, pool, owner, isRunning }: GroupOptions): Promise<void> => {
  const others = (jobId: string): boolean =>
    group.members.every(member => member.jobId !== jobId) && (isRunning?.(jobId) ?? false)
  for (const { vmUuid } of group.members) await pool.runAgain({ vmUuid, owner, isRunning: others })
}

/** What a life of the gateway left that was cut off in mid-snapshot. */
const removeUnfinished = async ({ group, pool, owner }: GroupOptions): Promise<void> => {
  const jobs = new Set(group.members.map(({ jobId }) => jobId))
  const ours = (await pool.listOurs(owner)).filter(({ jobId }) => jobs.has(jobId))
  if (ours.length > 0) await pool.removeOurs(ours)
}

const takeAll = async (options: GroupOptions): Promise<Outcome> => {
  const { group, pool, owner, findProvider, signal, tell } = options
  const by = options.jobId
  const ready = createBarrier(group.members.length)
  const taking = createBarrier(group.members.length)
  const times = { begun: Number.POSITIVE_INFINITY, confirmed: 0 }

  const takeOne = async (member: GroupMember): Promise<VmSnapshot> => {
    const { vmUuid, vmName, jobId, excludedDisks } = member
    const atReady = ready.member()
    const atTaking = taking.member()
    const around = async <T>(take: () => Promise<T>): Promise<T> => {
      await atReady.arrive()
      await atTaking.arrive()
      times.begun = Math.min(times.begun, performance.now())
      const taken = await take()
      times.confirmed = Math.max(times.confirmed, performance.now())
      return taken
    }
    try {
      return await takeByMethod({
        pool,
        vmName,
        choice: member,
        by,
        snapshot: { vmUuid, jobId, owner, signal, excludedDisks, around },
        findProvider,
        ready: atReady.arrive,
        tell: phase => tell(`${phase} (group of ${group.members.length})`),
      })
    } catch (error) {
      if (group.whenOneFails === 'group') {
        const failed = failedBecause(vmName, error)
        ready.breakUp(failed)
        taking.breakUp(failed)
      }
      throw error
    } finally {
      atReady.leave()
      atTaking.leave()
    }
  }

  const results = await Promise.allSettled(group.members.map(takeOne))
  const taken = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const undo = async () => {
    for (const snapshot of taken) await pool.destroySnapshot(snapshot).catch(() => undefined)
  }
  try {
    signal.throwIfAborted()
    const failed = results.findIndex(({ status }) => status === 'rejected')
    if (failed >= 0 && group.whenOneFails === 'group') throw groupFailure(results, group.members)
    const facts: PointGroup = {
      id: group.id,
      members: taken.length,
      skewMs: Math.max(0, Math.round((times.confirmed - times.begun) * 10) / 10),
    }
    for (const snapshot of taken) await keepFacts(pool, snapshot, facts)
  } catch (error) {
    await undo()
    throw error
  }
  return new Map(
    group.members.map(({ jobId }, i) => {
      const result = results[i]
      return [jobId, result?.status === 'fulfilled' ? result.value : asError(result?.reason)]
    }),
  )
}

const keepFacts = async (pool: Pool, snapshot: VmSnapshot, facts: PointGroup): Promise<void> => {
  snapshot.group = facts
  await pool.keepLabel(snapshot)
}

const failedBecause = (vmName: string, error: unknown): GroupFailedError =>
  new GroupFailedError(
    `the VM "${vmName}" could not be snapshotted: ${asXenkeepError(error).message}`,
    error,
  )

/** The first failure that is not only the others' being called off. */
const groupFailure = (
  results: readonly PromiseSettledResult<VmSnapshot>[],
  members: readonly GroupMember[],
): GroupFailedError => {
  const reasons = results.map(result => (result.status === 'rejected' ? result.reason : undefined))
  const own = reasons.findIndex(
    reason => reason !== undefined && !(reason instanceof GroupFailedError),
  )
  return own < 0
    ? (reasons.find(reason => reason instanceof GroupFailedError) as GroupFailedError)
    : failedBecause(members[own]?.vmName ?? '', reasons[own])
}

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason))
