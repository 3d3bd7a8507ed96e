import type { Client } from '#core/contracts/client.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock } from '#core/ports.ts'
import { AgentStoppingError, LeaseLostError } from '../control/errors.ts'
import type { LeasedJob, Perform, Performed } from '../control/leased-job.ts'
import { backOff, type Patience } from '../control/patience.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Pools } from '../pools.ts'
import type { Repositories } from '../repositories.ts'
import { type BackupOptions, backupVm } from './backup-vm.ts'
import { bootCheck } from './boot-check.ts'
import type { DiskGate } from './copy-disks.ts'
import { restoreVm } from './restore-vm.ts'
import { createVmTurns } from './vm-turns.ts'

export interface PerformOptions {
  client: Client
  gatewayId: () => string
  pools: Pick<Pools, 'use'>
  repositories: Pick<Repositories, 'open'>
  gate: DiskGate
  patience: Patience
  /** between 0 and 1 */
  random: () => number
  clock: Clock
  /** Programs for boot checks, by name: of our own settings. */
  bootScripts: Readonly<Record<string, readonly string[]>>
  log: Log
}

/** @returns a function that does any job: finds its pool and its repository, then does what the job says */
export const createPerform = (options: PerformOptions): Perform => {
  const turns = createVmTurns()
  return async (job, context) => {
    const { gate, log } = options
    const { jobId, spec } = job
    context.report({ phase: 'connecting' })
    const pool = await options.pools.use(spec.poolUuid)
    const repository = await options.repositories.open(
      await grantedAddress(options, job, context.signal),
    )
    context.signal.throwIfAborted()
    const common = { jobId, pool, repository, gate, context, log }
    switch (spec.kind) {
      case 'restore-vm':
        return restoreVm({ ...common, spec })
      case 'boot-check':
        return bootCheck({ ...common, spec, clock: options.clock, scripts: options.bootScripts })
      case 'backup-vm': {
        const { signal } = context
        const onWait = () => context.report({ phase: 'waiting for another backup of this VM' })
        return turns(spec.vmUuid, { signal, onWait }, () =>
          patientBackup({ ...common, spec }, options),
        )
      }
    }
  }
}

/**
 * A backup whose store or pool fails for a while goes on with its own snapshot when it is back. What it takes to go on under another
 * lease, in another process, is left in place.
 */
const patientBackup = async (
  backup: BackupOptions,
  { patience, log }: Pick<PerformOptions, 'patience' | 'log'>,
): Promise<Performed> => {
  const { signal } = backup.context
  let lastFailure: string | undefined
  for (let attempt = 0; ; attempt++) {
    const wait = limits.goOnAfterMs[attempt]
    const worthWaiting = (error: unknown) =>
      !signal.aborted && wait !== undefined && PASSING.has(asXenkeepError(error).code)
    const goesOn = (error: unknown, bytes: number) =>
      signal.aborted ? goesOnElsewhere(signal, bytes) : worthWaiting(error)
    try {
      return await backupVm({ ...backup, goesOn, lastFailure })
    } catch (error) {
      if (!worthWaiting(error)) throw error
      lastFailure = asXenkeepError(error).message
      log.warn(`Job ${backup.jobId} goes on in ${(wait ?? 0) / 1_000} s`, error)
      backup.context.report({ phase: `waiting to go on: ${lastFailure}`.slice(0, 200) })
      await patience.wait(wait ?? 0, signal)
      signal.throwIfAborted()
    }
  }
}

/** What passes by itself, or when the job is begun again. A pool has its own patience, with hosts and streams. */
const PASSING = new Set([
  'STORE_UNAVAILABLE',
  'PACKS_CONDEMNED',
  'BASE_DELETED',
  'XAPI_UNREACHABLE',
  'NBD_FAILED',
  'STREAM_TRUNCATED',
  'STREAM_STALLED',
])

/** A person who cancels wants it gone; an agent that ends, or a lease that was lost, leaves the job to somebody. */
const goesOnElsewhere = ({ reason }: AbortSignal, bytes: number): boolean =>
  reason instanceof LeaseLostError ||
  (reason instanceof AgentStoppingError && bytes >= limits.worthKeeping)

/** The storage grant of the job; a control plane that is away for a moment does not fail the job. */
const grantedAddress = async (
  { client, gatewayId, patience, random }: PerformOptions,
  { jobId, epoch }: LeasedJob,
  signal: AbortSignal,
): Promise<string> => {
  for (let attempt = 0; ; attempt++) {
    try {
      const { address } = await client.call('credentials', {
        params: { gatewayId: gatewayId() },
        body: { jobId, epoch },
        signal,
      })
      return address
    } catch (error) {
      signal.throwIfAborted()
      if (!asXenkeepError(error).retryable) throw error
      await patience.wait(backOff(attempt, random()), signal)
    }
  }
}
