import { systemClock } from '#adapters/system/clock.ts'
import type { Client } from '#core/contracts/client.ts'
import { JobOutcome, type JobProgress, type JobSpec } from '#core/contracts/jobs.ts'
import { ownerOf } from '#core/points/marks.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { removeLeftovers } from '#gateway-agent/jobs/leftovers.ts'
import { createPerform, type PerformOptions } from '#gateway-agent/jobs/perform.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { Repository } from '#repository/index.ts'
import { testContext } from './job-context.ts'
import { impatience, memoryLog } from './patience.ts'
import { type ClientOnPool, clientOnPool } from './pool-client.ts'
import { emptyStore, newRepository, readAll } from './repository/open.ts'
import { storageOf } from './storage-access.ts'

/** So short that a test can wait for a host that says nothing. */
export const SHORT = { call: 2_000, login: 1_000, nbd: 1_000, stream: 1_500, verdict: 500 }

/** Of the gateway's own settings. */
type Settings = Partial<
  Pick<PerformOptions, 'hookScripts' | 'files' | 'client' | 'clock' | 'patience'>
>

/** Everything the agent does for a job, on a simulated pool over real sockets: only the control plane is missing. */
export const agentOnPool = async (
  disks: Record<string, Buffer[]>,
  poolOptions: Parameters<typeof clientOnPool>[1] = {},
  settings: Settings = {},
) => {
  const client = await clientOnPool(disks, { hosts: 2, ...poolOptions }, { timeouts: SHORT })
  const made = await newRepository(emptyStore())
  return agentOn(client, made.repository, made.jobId, settings)
}

/** Another life of the agent, or another agent, on the same pool and repository. */
export const agentOn = (
  client: ClientOnPool,
  repository: Repository,
  jobId: () => string,
  settings: Settings = {},
) => {
  const pool = poolOfXapi(client.xapi)
  const log = memoryLog()
  const owner = ownerOf(repository.id)
  const control = {
    call: async (_route: string, { body }: { body?: { jobIds?: string[] } }) => ({
      ...{ repositoryId: 'r', address: 'file:/r', open: body?.jobIds ?? [] },
    }),
  }
  const running = new Map<string, { poolUuid?: string }>()
  const perform = createPerform({
    client: control as unknown as Client,
    gatewayId: () => 'g',
    pools: { use: async () => pool },
    repositories: { open: async () => repository },
    maintenanceStore: async () => repository.store as MaintenanceStore,
    storage: storageOf(control as unknown as Client, log),
    gate: createDiskGate(4),
    running,
    patience: impatience,
    random: () => 0.5,
    clock: systemClock,
    bootScripts: {},
    ...settings,
    log,
  })

  const run = async (
    spec: JobSpec,
    onReport: (told: Partial<JobProgress>) => void = () => undefined,
    id = jobId(),
    signal?: AbortSignal,
  ) => {
    const { context, phases, progress } = testContext()
    const watched = {
      signal: signal ?? context.signal,
      report: (more: Parameters<typeof context.report>[0]) => {
        context.report(more)
        onReport(more)
      },
      epoch: () => 1,
    }
    const job = { jobId: id, runId: id, epoch: 1, leaseUntil: 0, spec }
    try {
      const { outcome, settle } = await perform(job, watched)
      JobOutcome.parse(outcome)
      await settle?.()
      return { outcome, phases, progress, jobId: id }
    } finally {
      running.delete(id)
    }
  }

  return {
    client,
    repository,
    jobId,
    log,
    pool,
    backupSpec: (vm: string) => ({
      kind: 'backup-vm' as const,
      poolUuid: pool.uuid,
      vmUuid: client.pool.vms[vm] ?? '',
      vmName: vm,
      method: 'normal' as const,
    }),
    run,
    /** The disks of a point, in their order. */
    content: async (vm: string, pointId: string): Promise<Buffer[]> => {
      for await (const ref of repository.points(client.pool.vms[vm])) {
        if (ref.id !== pointId) continue
        const point = await repository.readPoint(ref)
        const contents: Buffer[] = []
        for (const { id } of point.disks)
          contents.push(await readAll(repository.readDisk(point, id)))
        return contents
      }
      throw new Error('no such point')
    },
    /** What of ours is left on the pool when the agent has tidied up as it does after each job, CBT bases aside. */
    leftovers: async () => {
      await removeLeftovers({
        pool,
        repository,
        isRunning: () => false,
        openJobs: async () => ({ open: [], elsewhere: [] }),
        log,
      })
      return (await pool.listOurs(owner)).filter(({ baseOf }) => baseOf === undefined)
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}

export type AgentOnPool = Awaited<ReturnType<typeof agentOnPool>>
