import type { Client } from '#core/contracts/client.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'
import { isForGuest, isForPool } from '#core/runs/work-of.ts'
import type { JobContext, LeasedJob, Perform, Performed } from '../control/leased-job.ts'
import type { Patience } from '../control/patience.ts'
import { askOpenJobs } from '../housekeeping.ts'
import type { Log } from '../log.ts'
import type { Pools } from '../pools.ts'
import type { FindProvider } from '../quiesce/provider.ts'
import type { Repositories } from '../repositories.ts'
import type { Entered, StorageAccess } from '../storage/access.ts'
import { backupHost } from './backup/backup-host.ts'
import { backupInGroup } from './backup/backup-in-group.ts'
import { backupPoolMetadata } from './backup/backup-pool-metadata.ts'
import { backupTemplate } from './backup/backup-template.ts'
import type { BackupOptions } from './backup/backup-vm.ts'
import { sealSitePoint } from './backup/seal-site-point.ts'
import { createSnapshotGroups } from './backup/snapshot-group.ts'
import { bootCheck } from './boot-check/boot-check.ts'
import { tellReplicated } from './compare-replica.ts'
import type { DiskGate } from './disk-gate.ts'
import { JobOfGuestError } from './errors.ts'
import type { PutPart } from './files/delivery.ts'
import { FileBrowsingOffError } from './files/errors.ts'
import { type FileBrowsing, readFiles, readyForFiles } from './files/read-files.ts'
import { runProgram } from './hooks/run-program.ts'
import { withHooks } from './hooks/with-hooks.ts'
import { confirmHolds, confirmRemovals } from './maintenance/confirm.ts'
import { maintain } from './maintenance/maintain.ts'
import { patientBackup, patiently, patientRestore } from './patient.ts'
import { readSitePlan } from './read-site-plan.ts'
import { failBack } from './replication/fail-back.ts'
import { failover, rejoin } from './replication/failover.ts'
import { replicate } from './replication/replicate.ts'
import { testFailover } from './replication/test-failover.ts'
import { rehearsePoolRestore } from './restore/rehearse-pool-restore.ts'
import { restoreNewDisks } from './restore/restore-new-disks.ts'
import { restoreVm } from './restore/restore-vm.ts'
import { createVmTurns } from './vm-turns.ts'

export interface PerformOptions {
  /** The repository's store with whatever rights this gateway has: only jobs of maintenance ask for it. */
  maintenanceStore: (address: string) => Promise<MaintenanceStore>
  client: Client
  gatewayId: () => string
  pools: Pick<Pools, 'use'>
  repositories: Pick<Repositories, 'open'>
  storage: Pick<StorageAccess, 'enter'>
  gate: DiskGate
  /** Jobs of this process, with the pools they work on, if any. A job enters here; whoever had it done takes it out when all is told and cleaned up. */
  running: Map<string, { poolUuid?: string }>
  patience: Patience
  /** between 0 and 1 */
  random: () => number
  clock: Clock
  /** Programs for boot checks, by name: of our own settings. */
  bootScripts: Readonly<Record<string, readonly string[]>>
  /** Programs around backups, by name: of our own settings. */
  hookScripts?: Readonly<Record<string, readonly string[]>>
  /** Of looks at the files of points. */
  files?: FileBrowsing & { put: PutPart }
  /** Who brings guests to rest. */
  findProvider?: FindProvider
  log: Log
}

/** @returns a function that does any job: finds its pool and its repository, then does what the job says */
export const createPerform = (options: PerformOptions): Perform => {
  const turns = createVmTurns()
  const groups = createSnapshotGroups(turns)
  const openJobs = askOpenJobs(options)
  const { running, log } = options
  const isRunning = (jobId: string): boolean => running.has(jobId)
  const perform = async (
    job: LeasedJob,
    context: JobContext,
    enter: () => Promise<Entered>,
  ): Promise<Performed> => {
    const { jobId, spec } = job
    if (isForGuest(spec)) throw new JobOfGuestError(spec.guestUuid)
    if (spec.kind === 'read-files') {
      // Before the repository is opened: without the owner's leave it stays shut.
      const { files, client, patience, random, clock } = options
      if (!files) throw new FileBrowsingOffError('settings.json')
      const tools = await readyForFiles(files)
      const repository = await options.repositories.open((await enter()).address)
      context.signal.throwIfAborted()
      const { put } = files
      const delivery = { client, put, jobId, epoch: context.epoch, patience, random, clock }
      const { runId } = job
      return readFiles({ ...delivery, runId, spec, tools, repository, context, log })
    }
    if (spec.kind === 'read-site-plan') {
      running.set(jobId, {})
      const repository = await options.repositories.open((await enter()).address)
      context.signal.throwIfAborted()
      return patiently({ jobId, context }, options, () =>
        readSitePlan({ jobId, spec, repository, ask: options, context }),
      )
    }
    if (!isForPool(spec)) {
      running.set(jobId, {})
      const { address, secondCopy } = await enter()
      const repository = await options.repositories.open(address)
      const work = () =>
        maintain(spec, {
          jobId,
          tellReplicated: tellReplicated(options, context.signal),
          ...(secondCopy && { secondCopy }),
          repository,
          openStore: () => options.maintenanceStore(address),
          confirm: confirmRemovals(options, jobId, context),
          confirmHeld: confirmHolds(options, jobId, context),
          context,
          clock: options.clock,
          log,
        })
      // Done anew it harms nothing; the others go by what they find at each object.
      return spec.kind === 'compare-replica' ? patiently({ jobId, context }, options, work) : work()
    }
    const programs = {
      scripts: options.hookScripts ?? {},
      timer: (ms: number) => AbortSignal.timeout(ms),
    }
    if (spec.kind === 'run-program') {
      running.set(jobId, {})
      return runProgram({ ...programs, spec, runId: job.runId, jobId, context })
    }
    if (spec.kind === 'seal-site-point') {
      // Its pool may be gone by now: what was saved of it is told all the same.
      running.set(jobId, {})
      const repository = await options.repositories.open((await enter()).address)
      context.signal.throwIfAborted()
      return patiently({ jobId, context }, options, () =>
        sealSitePoint({ jobId, spec, repository, ask: options, context }),
      )
    }
    // Whoever waits for a place waits for its VM, and no longer than the job is wanted.
    const gate: DiskGate = (work, claim) =>
      options.gate(work, { vm: spec.vmUuid, signal: context.signal, ...claim })
    context.report({ phase: 'connecting' })
    // The first use of a pool removes leftovers; the snapshot of this very job's former attempt stays.
    const pool = await options.pools.use(spec.poolUuid)
    running.set(jobId, spec)
    const repository = await options.repositories.open((await enter()).address)
    context.signal.throwIfAborted()
    const common = { jobId, pool, repository, gate, context, clock: options.clock, log }
    const turn = (what: string, work = 'backup') => ({
      signal: context.signal,
      onWait: () => context.report({ phase: `waiting for another ${work} of this ${what}` }),
    })
    switch (spec.kind) {
      case 'restore-vm':
        return spec.wishes?.planOnly || (spec.wishes?.identity ?? 'new') === 'new'
          ? patientRestore(common, options, () => restoreVm({ ...common, spec }))
          : // Nobody backs up disks that are half written.
            turns([spec.vmUuid], turn('VM', 'backup or restore'), () =>
              patientRestore(common, options, () => restoreVm({ ...common, spec })),
            )
      case 'restore-new-disks':
        return patientRestore(common, options, () => restoreNewDisks({ ...common, spec }))
      case 'rehearse-pool-restore':
        return rehearsePoolRestore({ ...common, spec })
      case 'boot-check':
        return bootCheck({
          ...common,
          spec,
          timer: ms => AbortSignal.timeout(ms),
          scripts: options.bootScripts,
        })
      case 'replicate':
        return turns([spec.replicaId], turn('standby', 'job'), () =>
          patiently(common, options, () => replicate({ ...common, spec })),
        )
      case 'failover':
        return turns([spec.replicaId], turn('standby', 'job'), () =>
          patiently(common, options, () => failover({ ...common, spec })),
        )
      case 'test-failover':
        return testFailover({
          ...common,
          spec,
          timer: ms => AbortSignal.timeout(ms),
          scripts: options.bootScripts,
        })
      case 'fail-back':
        return turns([spec.originUuid], turn('VM', 'backup or restore'), () =>
          patiently(common, options, () => failBack({ ...common, spec })),
        )
      case 'rejoin':
        return turns([spec.replicaId], turn('standby', 'job'), () => rejoin({ ...common, spec }))
      case 'backup-vm': {
        const backup: BackupOptions = {
          ...common,
          spec,
          first: job.epoch === 1,
          ...(options.findProvider && { findProvider: options.findProvider }),
          isRunning,
        }
        const inTurn = (more: Partial<BackupOptions>) =>
          turns([spec.vmUuid], turn('VM'), () => patientBackup({ ...backup, ...more }, options))
        if (!spec.group) {
          const { policyId, vmUuid, vmName, poolUuid, hooks } = spec
          const facts = { jobId, ...(policyId && { policyId }), vmUuid, vmName, poolUuid }
          return withHooks({ ...programs, hooks, facts, context, log }, () => inTurn({}))
        }
        const { patience } = options
        const how = { takeInGroup: groups, inTurn, openJobs, isRunning, patience, log }
        return backupInGroup(spec.group, backup, how)
      }
      case 'backup-pool-metadata':
        return turns([spec.vmUuid], turn('pool'), () =>
          patiently(common, options, () => backupPoolMetadata({ ...common, spec })),
        )
      case 'backup-host':
        return turns([spec.vmUuid], turn('host'), () =>
          patiently(common, options, () => backupHost({ ...common, spec })),
        )
      case 'backup-template':
        return turns([spec.vmUuid], turn('template'), () =>
          patiently(common, options, () => backupTemplate({ ...common, spec })),
        )
    }
  }
  return async (job, context) => {
    let release = () => {}
    try {
      return await perform(job, context, async () => {
        const entered = await options.storage.enter(job, context)
        release = entered.release
        return entered
      })
    } finally {
      release()
    }
  }
}
