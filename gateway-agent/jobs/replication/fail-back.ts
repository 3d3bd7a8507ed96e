import type { FailBackSpec } from '#core/contracts/fail-back.ts'
import type { RestoreReport } from '#core/contracts/restore.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { StandbyRunsError } from '#core/errors/replicas.ts'
import { FailbackRefusedError } from '#core/errors/replication.ts'
import { isDamage } from '#core/errors/repository.ts'
import { ownerOf } from '#core/points/marks.ts'
import { vmName } from '#core/points/summary.ts'
import type { Clock } from '#core/ports.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import { findPointOfJob, type KnownPoint } from '../choose-base.ts'
import { PointGoneError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import { overwriteDisks, overwriteRequest } from '../restore/restore-disks.ts'
import { restoreVm } from '../restore/restore-vm.ts'

type Options = JobOptions<FailBackSpec> & { clock: Clock }

/** Why the disks of a VM cannot be written into: what is new is made beside it. */
const NOT_INTO = new Set(['VM_NOT_FOUND', 'VM_NOT_PROTECTABLE', 'DISK_MISMATCH', 'RESTORE_TARGET'])

/**
 * Writes what the standby has become into the disks of the VM that it had stood by for, only blocks that differ; where that VM is gone or has other disks,
 * a new one is made in full, and the report says why. What the VM was before stays as a snapshot of it, unless it holds nothing of its own. It is not started.
 * A former attempt that was cut off is undone first. When anything fails, the pool is as it was.
 *
 * @throws `STANDBY_RUNS` where the standby ran when it was backed up; `FAILBACK_REFUSED`, `POINT_NOT_FOUND`, `RESTORE_UNPROVEN`, errors of pool and repository
 */
export const failBack = async (options: Options): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, log } = options
  context.report({ phase: 'reading the recovery point' })
  const known = await findPointOfJob(repository, spec.vmUuid, spec.pointId)
  if (!known) throw new PointGoneError(spec.pointId, repository.store.address)
  if (known.subject.powerState !== 'Halted') throw new StandbyRunsError(vmName(known.subject))
  if (await pool.findRestored(jobId))
    return inFull(options, 'an earlier attempt had found that it has to be')
  const traces = (await pool.listOurs(ownerOf(repository.id))).filter(of => of.jobId === jobId)
  for (const sentence of await pool.removeOurs(traces)) log.warn(sentence)

  context.report({ phase: 'looking at the VM at the origin' })
  const why = spec.full ? 'that was asked for' : await whyInFull(options, known)
  if (why !== undefined) return inFull(options, why)
  const wishes = { keepSafetySnapshot: await mayHoldMore(options) }
  const report = await overwriteDisks(options, known, {
    ...{ vmUuid: spec.originUuid, start: false, wishes },
  })
  return restored(report, [
    `Only blocks that differ were written into "${report.newName}", ${inMiB(report.bytesWritten)}.`,
    ...(wishes.keepSafetySnapshot
      ? ['The snapshot holds what the VM had written before; delete it when nobody needs that.']
      : []),
  ])
}

const MIB = 1024 * 1024
const inMiB = (bytes: number): string => `${Math.ceil(bytes / MIB)} MiB`

const restored = (report: RestoreReport, notes: readonly string[]): Performed => ({
  outcome: {
    status: 'restored',
    report: { ...report, notes: bounded([...notes, ...report.notes]) },
  },
})

const inFull = async (options: Options, why: string): Promise<Performed> => {
  const { poolUuid, vmUuid, vmName, pointId } = options.spec
  const performed = await restoreVm({
    ...options,
    spec: {
      ...{ kind: 'restore-vm', poolUuid, vmUuid, vmName, pointId, start: false },
      newName: `${vmName.slice(0, 900)} (failed back)`,
    },
  })
  if (performed.outcome.status !== 'restored') return performed
  return restored(performed.outcome.report, [`In full as a new VM, because ${why}.`])
}

/**
 * @returns a clause; nothing where the VM can be written into
 * @throws `FAILBACK_REFUSED` where it runs, or may hold what nobody else has and nobody consented
 */
const whyInFull = async (options: Options, known: KnownPoint): Promise<string | undefined> => {
  const { spec, pool } = options
  const refuse = (why: string, advice: string): never => {
    throw new FailbackRefusedError(spec.vmName, why, advice)
  }
  try {
    const state = await pool.powerState(spec.originUuid)
    if (state !== 'Halted')
      refuse(
        `it is ${state.toLowerCase()}`,
        'Shut it down and repeat "xenkeep failback"; or make a new VM beside it: "xenkeep failback --full".',
      )
    const { request } = await overwriteRequest(options, known, {
      ...{ vmUuid: spec.originUuid, wishes: {} },
    })
    await pool.describeOverwrite(request)
  } catch (error) {
    const { code, message } = asXenkeepError(error)
    if (!NOT_INTO.has(code)) throw error
    return code === 'VM_NOT_FOUND'
      ? 'the VM is no longer in its pool'
      : `the old one was left alone: ${message.replace(/\.$/, '')}`
  }
  const started = spec.overwrite ? undefined : await startedSince(options)
  if (started !== undefined)
    refuse(
      started,
      'If nothing on it is needed, repeat with "xenkeep failback --overwrite" (its state stays as a snapshot); else with --full, which makes a new VM beside it.',
    )
  return undefined
}

/** @returns the recovery point whose state the standby went on from, where it is one of the VM at the origin and can be read */
const heldPoint = async ({ spec, repository }: Options): Promise<KnownPoint | undefined> => {
  try {
    return await findPointOfJob(repository, spec.originUuid, spec.heldPointId ?? '')
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** Told by the start time that XenServer has kept, not by clocks. @returns a clause; nothing where nobody has started the VM since */
const startedSince = async (options: Options): Promise<string | undefined> => {
  const held = await heldPoint(options)
  const then = held?.subject.startTime
  if (!held || then === undefined)
    return 'it cannot be told whether somebody has started it since the standby took over'
  if ((await options.pool.startTime(options.spec.originUuid)) === then) return undefined
  const taken = new Date(held.subject.taken).toISOString().slice(0, 16).replace('T', ' ')
  return `it was started again after ${taken} UTC, the state from which the standby went on, and may hold what nobody else has`
}

/** A VM that was off when that point was taken, and was not started since, holds nothing that the point lacks. */
const mayHoldMore = async (options: Options): Promise<boolean> =>
  (await heldPoint(options))?.subject.powerState !== 'Halted' ||
  (await startedSince(options)) !== undefined
