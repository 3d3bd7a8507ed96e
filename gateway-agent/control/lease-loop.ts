import type { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import type { GatewayAbout } from '#core/contracts/gateway-about.ts'
import type { LeaseRequest, UnreadableJob } from '#core/contracts/gateway-api.ts'
import { asXenkeepError, toProblem } from '#core/errors/base.ts'
import type { Clock } from '#core/ports.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import { JobUnreadableError } from './errors.ts'
import { type JobHost, type LeasedJob, type RunningJob, startJob } from './leased-job.ts'
import { backOff } from './patience.ts'
import { createStandingBy } from './standing-by.ts'

export interface LeaseLoopOptions extends Omit<JobHost, 'heartbeatAfterSeconds'> {
  gatewayId: () => string
  /** ULID of this process. */
  instance: string
  slots: number
  /** Looks at files at once, beside those. */
  looks: number
  /** The guest that this agent is in: jobs are for that. */
  guest?: string
  /** UUIDs of the pools that jobs may ask for. */
  pools: () => string[]
  /** UUIDs of those that do not answer now. */
  unreachable?: () => string[]
  /** What this gateway is, told with each call. */
  about?: () => Promise<GatewayAbout>
  /** Told with each call, so that it is seen where it is wrong. */
  clock: Clock
  /** The control plane does not know this gateway (any more), or trusts it no more: enrol again. */
  enrolAgain: (because: 'unknown' | 'revoked') => Promise<void>
  /** Another gateway kept this pool until now. */
  tookOver?: (poolUuid: string) => void
  /** There may be messages to send into this network. */
  messages?: () => void
  /** It should make itself a new key. */
  newKey?: () => void
  /** Its key was refused. */
  keyRefused?: () => void
  /** A job has ended, told or not. */
  ended: (jobId: string) => Promise<void>
}

/**
 * Asks for work until `stopping` is aborted, then waits for the jobs under way to end. Survives every failure of the control
 * plane; transfers go on meanwhile.
 */
export const runLeaseLoop = async (options: LeaseLoopOptions): Promise<void> => {
  const {
    client,
    gatewayId,
    instance,
    slots,
    looks,
    pools,
    clock,
    patience,
    random,
    log,
    stopping,
  } = options
  const running = new Map<string, RunningJob>()
  const lookedAt = new Set<string>()
  const tellStandingBy = createStandingBy(log, options.tookOver ?? (() => undefined))
  let wake = new AbortController()

  const take = (job: LeasedJob, heartbeatAfterSeconds: number) => {
    const known = running.get(job.jobId)
    if (known) return known.adopt(job)
    log.info(`Job ${job.jobId}: ${job.spec.kind} of "${subjectOf(job.spec)}", lease ${job.epoch}.`)
    const started = startJob(job, { ...options, heartbeatAfterSeconds })
    running.set(job.jobId, started)
    if (job.spec.kind === 'read-files') lookedAt.add(job.jobId)
    void started.done
      .then(() => options.ended(job.jobId))
      .catch(error => log.warn(`After job ${job.jobId}`, error))
      .finally(() => {
        running.delete(job.jobId)
        lookedAt.delete(job.jobId)
        wake.abort() // ask for more at once
      })
  }

  /** Should it not be heard, the job comes again. */
  const refuse = async ({ jobId, epoch, spec: { kind } }: z.output<typeof UnreadableJob>) => {
    const error = new JobUnreadableError(kind)
    log.warn(`Job ${jobId} is refused`, error)
    const outcome = { status: 'failed' as const, problem: toProblem(error) }
    await client.call('result', { params: { jobId }, body: { epoch, outcome } })
  }

  const silent = (): { unreachable?: string[] } => {
    const unreachable = options.unreachable?.() ?? []
    return unreachable.length > 0 ? { unreachable } : {}
  }
  for (let failures = 0; !stopping.aborted; ) {
    wake = new AbortController()
    const rest = AbortSignal.any([wake.signal, stopping])
    try {
      const { jobs, pollAfterSeconds, heartbeatAfterSeconds, ...told } = await lease(
        client,
        gatewayId(),
        {
          instance,
          freeSlots: Math.max(0, slots - running.size + lookedAt.size),
          freeLooks: Math.max(0, looks - lookedAt.size),
          ...(options.guest !== undefined && { guest: options.guest }),
          pools: pools(),
          ...silent(),
          holding: [...running.keys()],
          ...(options.about && { about: await options.about() }),
          at: clock.now(),
        },
        stopping,
      )
      if (failures > 0) log.info('The control plane answers again.')
      failures = 0
      tellStandingBy(told.standingBy)
      if (told.messages) options.messages?.()
      if (told.newKey) options.newKey?.()
      for (const job of jobs) if ('runId' in job) take(job, heartbeatAfterSeconds)
      for (const job of jobs) if (!('runId' in job)) await refuse(job)
      await patience.wait(pollAfterSeconds * 1_000, rest)
    } catch (error) {
      if (stopping.aborted) break
      const because = NOT_OURS[asXenkeepError(error).code]
      if (because !== undefined) {
        log.warn('The control plane does not work with this gateway (any more)', error)
        // Not before their next heartbeat only: who took the trust away wants nothing more done.
        if (because === 'revoked') for (const job of running.values()) job.lose(error)
        await options.enrolAgain(because)
        continue
      }
      if (asXenkeepError(error).code === 'TOKEN_INVALID') options.keyRefused?.()
      if (failures === 0) log.warn('No work can be asked for', error)
      await patience.wait(backOff(failures++, random()), rest)
    }
  }
  await Promise.all([...running.values()].map(({ done }) => done))
}

const NOT_OURS: { [code: string]: 'unknown' | 'revoked' } = {
  GATEWAY_UNKNOWN: 'unknown',
  GATEWAY_REVOKED: 'revoked',
}

const lease = (
  client: Client,
  gatewayId: string,
  body: z.input<typeof LeaseRequest>,
  signal: AbortSignal,
) => client.call('lease', { params: { gatewayId }, body, signal })
