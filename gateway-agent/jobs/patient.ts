import { asXenkeepError, type XenkeepError } from '#core/errors/base.ts'
import { ownerOf } from '#core/points/marks.ts'
import { AgentStoppingError, LeaseLostError } from '../control/errors.ts'
import type { Performed } from '../control/leased-job.ts'
import type { Patience } from '../control/patience.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import { bounded } from '../sentences.ts'
import { type BackupOptions, backupVm } from './backup/backup-vm.ts'
import type { JobOptions } from './job-options.ts'

export interface Waiting {
  patience: Patience
  log: Log
}

/**
 * What passes by itself, or when the job is begun again: a store or a pool that is away, a host that died with what it was doing, a lock
 * that somebody else holds. A pool has its own patience, with hosts and streams.
 */
const PASSING = new Set([
  'STORE_UNAVAILABLE',
  'PACKS_CONDEMNED',
  'BASE_DELETED',
  'XAPI_UNREACHABLE',
  'XAPI_INTERRUPTED',
  'XAPI_SESSION_LOST',
  'XAPI_NOT_COORDINATOR',
  'XAPI_HOST_TROUBLE',
  'XAPI_TASK_LOST',
  'XAPI_TASK_CANCELLED',
  'XAPI_OBJECT_GONE',
  'XAPI_BUSY',
  'XAPI_LOCKED',
  'SR_UNAVAILABLE',
  'VDI_IN_USE',
  'VM_MIGRATING',
  'SNAPSHOT_INCOMPLETE',
  'NBD_FAILED',
  'EXPORT_FAILED',
  'STREAM_TRUNCATED',
  'STREAM_STALLED',
])

/** What a host that is about to die says, and a storage that is broken for good: worth one more attempt, not a quarter of an hour. */
const PERHAPS_PASSING = new Set(['VDI_IO_ERROR'])

/** Whether it passes by itself, as far as its code tells. */
export const passes = (error: unknown): boolean => PASSING.has(asXenkeepError(error).code)

const isPassing = (error: XenkeepError, tried: number): boolean =>
  passes(error) ||
  (error.code === 'GROUP_FAILED' && error.retryable) ||
  (tried === 0 && PERHAPS_PASSING.has(error.code))

/** @param attempt does the job; told how the one before it failed, and whether it is done again after a failure of its own */
export const patiently = async <T = Performed>(
  { jobId, context }: Pick<BackupOptions, 'jobId' | 'context'>,
  { patience, log }: Waiting,
  attempt: (lastFailure: string | undefined, again: (error: unknown) => boolean) => Promise<T>,
): Promise<T> => {
  const { signal } = context
  let lastFailure: string | undefined
  for (let tried = 0; ; tried++) {
    const wait = limits.goOnAfterMs[tried]
    const again = (error: unknown) =>
      !signal.aborted && wait !== undefined && isPassing(asXenkeepError(error), tried)
    try {
      return await attempt(lastFailure, again)
    } catch (error) {
      if (!again(error)) throw error
      lastFailure = asXenkeepError(error).message
      log.warn(`Job ${jobId} goes on in ${(wait ?? 0) / 1_000} s`, error)
      context.report({ phase: `waiting to go on: ${lastFailure}`.slice(0, 200) })
      await patience.wait(wait ?? 0, signal)
      signal.throwIfAborted()
    }
  }
}

/**
 * A backup whose store or pool fails for a while goes on with its own snapshot when it is back. What it takes to go on under another
 * lease, in another process, is left in place.
 */
export const patientBackup = async (
  backup: BackupOptions,
  waiting: Waiting,
): Promise<Performed> => {
  const incidents = backup.pool.watchIncidents()
  const happened = () => incidents.sentences
  try {
    return await patiently(backup, waiting, (lastFailure, again) => {
      const { signal } = backup.context
      const goesOn = (error: unknown, bytes: number) =>
        signal.aborted ? goesOnElsewhere(signal, bytes) : again(error)
      const first = (backup.first ?? false) && lastFailure === undefined
      return backupVm({ ...backup, goesOn, lastFailure, happened, first })
    })
  } finally {
    incidents.stop()
  }
}

/** A person who cancels wants it gone; an agent that ends, or a lease that was lost, leaves the job to somebody. */
const goesOnElsewhere = ({ reason }: AbortSignal, bytes: number): boolean =>
  reason instanceof LeaseLostError ||
  (reason instanceof AgentStoppingError && bytes >= limits.worthKeeping)

/** A restore that was cut off begins anew: an import cannot be gone on with. What it left is removed first, as far as the pool lets us. */
export const patientRestore = (
  restore: Traces,
  waiting: Waiting,
  work: () => Promise<Performed>,
): Promise<Performed> =>
  patiently(restore, waiting, async lastFailure => {
    if (lastFailure === undefined) return work()
    await removeTraces(restore)
    const performed = await work()
    const anew = <R extends { notes: string[] }>(report: R): R => ({
      ...report,
      notes: bounded([`The restore began anew after ${lastFailure}`, ...report.notes]),
    })
    const { outcome } = performed
    switch (outcome.status) {
      case 'restored':
        return { ...performed, outcome: { ...outcome, report: anew(outcome.report) } }
      case 'disks-restored':
        return { ...performed, outcome: { ...outcome, report: anew(outcome.report) } }
      default:
        return performed
    }
  })

type Traces = Pick<JobOptions<unknown>, 'jobId' | 'pool' | 'repository' | 'context' | 'log'>

const removeTraces = async ({ jobId, pool, repository, log }: Traces): Promise<void> => {
  const ours = (await pool.listOurs(ownerOf(repository.id))).filter(of => of.jobId === jobId)
  for (const sentence of await pool.removeOurs(ours)) log.warn(sentence)
}
