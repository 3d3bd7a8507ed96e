import type { GroupMember, PointGroup, SnapshotGroup } from '#core/contracts/methods.ts'
import { asXenkeepError, RelayedError, toProblem } from '#core/errors/base.ts'
import { GroupFailedError } from '#core/errors/methods.ts'
import { takeByMethod } from '../../methods/index.ts'
import type { FindProvider } from '../../quiesce/provider.ts'
import type { LeftOutMember, VmSnapshot } from '../../xapi/snapshot/vm-snapshot.ts'
import type { AskOpenJobs } from '../open-jobs.ts'
import { passes } from '../patient.ts'
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
  openJobs: AskOpenJobs
  /** Whether a job is at work in this process. */
  isRunning?: (jobId: string) => boolean
  signal: AbortSignal
  tell: (phase: string) => void
}

/** What became of each member, by its job. */
export type Outcome = ReadonlyMap<string, VmSnapshot | Error>

/** @returns what an earlier life of the gateway, or another one, took for the whole group; nothing where it had not come to its end */
export const findTaken = async (options: GroupOptions): Promise<Outcome | undefined> => {
  const { group, pool, owner } = options
  const found = new Map<string, VmSnapshot | Error>()
  const snapshots: VmSnapshot[] = []
  for (const { jobId, vmUuid } of group.members) {
    const there = await pool.findSnapshot({ vmUuid, jobId, owner })
    if (!there || !('snapshot' in there)) continue
    found.set(jobId, there.snapshot)
    snapshots.push(there.snapshot)
  }
  const told = snapshots.find(snapshot => snapshot.group)
  if (!told?.group) return undefined
  const leftOut = told.leftOut ?? []
  // Cut off while this was being written: all snapshots were there by then.
  for (const snapshot of snapshots)
    if (!snapshot.group) await keepFacts(pool, snapshot, told.group, leftOut)
  for (const { jobId, problem } of leftOut) found.set(jobId, new RelayedError(problem))
  return found
}

/**
 * Takes the snapshots of all members at one moment, each under the mark of its member's job. What is left of a taking that was cut off is
 * removed first. When this throws, no snapshot of the group is left.
 * @throws `GROUP_FAILED`, and what keeps it from being begun
 */
export const takeGroup = async (options: GroupOptions): Promise<Outcome> => {
  const { group, openJobs } = options
  await startLeftDown(options)
  const { open } = await openJobs(group.members.map(({ jobId }) => jobId))
  const over = group.members.find(({ jobId }) => !open.includes(jobId))
  if (over)
    throw new GroupFailedError(
      `the backup of "${over.vmName}" has ended already (its own result says how), and snapshots taken now would not belong to it.`,
    )
  await removeUnfinished(options)
  return takeAll(options)
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
        const failed = failedBecause([{ vmName, error }])
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
  const failures = group.members.flatMap(({ jobId, vmName }, i) => {
    const result = results[i]
    return result?.status === 'rejected' ? [{ jobId, vmName, error: result.reason }] : []
  })
  try {
    signal.throwIfAborted()
    if (failures.length > 0 && group.whenOneFails === 'group') throw groupFailure(failures, group)
    const facts: PointGroup = {
      id: group.id,
      members: taken.length,
      skewMs: Math.max(0, Math.round((times.confirmed - times.begun) * 10) / 10),
    }
    const leftOut = failures.map(asLeftOut)
    for (const snapshot of taken) await keepFacts(pool, snapshot, facts, leftOut)
  } catch (error) {
    for (const snapshot of taken) await pool.destroySnapshot(snapshot).catch(() => undefined)
    throw error
  }
  return new Map(
    group.members.map(({ jobId }, i) => {
      const result = results[i]
      return [jobId, result?.status === 'fulfilled' ? result.value : asError(result?.reason)]
    }),
  )
}

const keepFacts = async (
  pool: Pool,
  snapshot: VmSnapshot,
  facts: PointGroup,
  leftOut: LeftOutMember[],
): Promise<void> => {
  snapshot.group = facts
  if (leftOut.length > 0) snapshot.leftOut = leftOut
  for (const { vmName, problem } of leftOut)
    snapshot.notes.push(`The group was taken without the VM "${vmName}": ${problem.message}`)
  await pool.keepLabel(snapshot)
}

/** Characters of a reason that are kept on each snapshot: of 62 members they are below the 300 KiB of one call to XAPI. */
const KEPT = 500

const asLeftOut = ({ jobId, vmName, error }: Failure): LeftOutMember => {
  const { code, message, advice, retryable } = toProblem(error)
  return {
    jobId,
    vmName,
    problem: { code, message: message.slice(0, KEPT), advice: advice.slice(0, KEPT), retryable },
  }
}

interface Failure {
  jobId: string
  vmName: string
  error: unknown
}

/** Each member's own reason, and not that it was called off for another one's. */
const groupFailure = (
  failures: readonly Failure[],
  { members }: SnapshotGroup,
): GroupFailedError => {
  const own = failures.filter(({ error }) => !(error instanceof GroupFailedError))
  if (own.length === 0) return failures[0]?.error as GroupFailedError
  // No guest is shut down, stopped or frozen time and again because another one failed.
  const again = members.every(({ method }) => method === 'normal')
  return failedBecause(own, again && own.every(({ error }) => passes(error)))
}

const failedBecause = (
  [first, ...others]: readonly Omit<Failure, 'jobId'>[],
  retryable = false,
): GroupFailedError => {
  const nor = others.map(
    ({ vmName, error }) => ` Nor could the VM "${vmName}": ${asXenkeepError(error).message}`,
  )
  return new GroupFailedError(
    `the VM "${first?.vmName}" could not be snapshotted: ${asXenkeepError(first?.error).message}${nor.join('')}`,
    first?.error,
    retryable,
  )
}

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason))
