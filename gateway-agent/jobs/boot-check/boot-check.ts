import type { BootCheckResult, BootCheckSpec } from '#core/contracts/boot-check.ts'
import { asXenkeepError, type XenkeepError } from '#core/errors/base.ts'
import {
  BootCheckNotCarriedOutError,
  BootCheckOutOfTimeError,
  BootScriptUnknownError,
} from '#core/errors/boot-check.ts'
import { isDamage } from '#core/errors/repository.ts'
import { ownerOf, unfinishedName } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { Clock } from '#core/ports.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import type { NewVm } from '../../targets/api.ts'
import type { BootedVm } from '../../targets/boot.ts'
import { findPointOfJob, type KnownPoint } from '../choose-base.ts'
import { PointGoneError, RestoreUnprovenError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import { writeDisks } from '../restore/write-disks.ts'
import { type Findings, fairMs, watchBoot } from './boot-watch.ts'
import { keepResult } from './keep-result.ts'

export interface BootCheckOptions extends JobOptions<BootCheckSpec> {
  clock: Clock
  /** Ends after so many ms. */
  timer: (ms: number) => AbortSignal
  /** Programs of this gateway's settings, by name. */
  scripts: Readonly<Record<string, readonly string[]>>
}

/**
 * Restores a point as a VM without network interfaces, starts it, sees whether it runs and its guest tools answer, asks for a verdict where one is wanted,
 * and removes everything again, whatever happened. All of it has one budget of time. What was found out is kept in the repository, beside the point.
 *
 * @throws `POINT_NOT_FOUND`; `BOOT_SCRIPT_UNKNOWN`; `BOOT_CHECK_NOT_CARRIED_OUT` where it says nothing about the point; a cancelling signal throws its reason
 */
export const bootCheck = async (options: BootCheckOptions): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, clock } = options
  const script = spec.script === undefined ? undefined : options.scripts[spec.script]
  if (spec.script !== undefined && !script) throw new BootScriptUnknownError(spec.script)
  context.report({ phase: 'reading the recovery point' })
  const known = await findPointOfJob(repository, spec.vmUuid, spec.pointId)
  if (!known) throw new PointGoneError(spec.pointId, repository.store.address)

  const at = clock.now()
  const { findings, notes } = await boot(options, known, script)
  const { version } = await pool.describe()
  const result: BootCheckResult = {
    kind: 'boot-check',
    jobId,
    at,
    poolUuid: spec.poolUuid,
    version,
    ...findings,
  }
  await keepResult(options, spec.pointId, result, notes)
  return { outcome: { status: 'boot-checked', result, notes: bounded(notes) } }
}

const boot = async (
  options: BootCheckOptions,
  known: KnownPoint,
  script: readonly string[] | undefined,
): Promise<{ findings: Findings; notes: string[] }> => {
  const { spec, pool, context, clock, log } = options
  const budget = options.timer(spec.timeoutSeconds * 1_000)
  const signal = AbortSignal.any([context.signal, budget])
  const notes: string[] = []
  let phase = 'restored'
  let vm: NewVm | undefined
  let booted: BootedVm | undefined
  try {
    vm = await createIsolated({ ...options, context: { ...context, signal } }, known)
    await writeDisks({ ...options, context: { ...context, signal } }, vm, known)
    signal.throwIfAborted()
    phase = 'started'
    context.report({ phase: 'starting the VM' })
    const started = clock.now()
    booted = await pool.bootVm(vm, signal)
    const facts = {
      pointId: spec.pointId,
      vmName: spec.vmName,
      poolUuid: pool.uuid,
      vmUuid: vm.uuid,
    }
    const findings = await watchBoot(booted, {
      started,
      clock,
      signal,
      budget,
      timeoutSeconds: spec.timeoutSeconds,
      fairMs: fairMs(spec.timeoutSeconds),
      hadTools: Object.keys(known.subject.vm.guestOs).length > 0,
      guestVerdict: spec.guestVerdict ?? false,
      report: words => context.report({ phase: words }),
      ...(script && spec.script && { script: { name: spec.script, argv: script, facts } }),
    })
    context.signal.throwIfAborted()
    return { findings, notes }
  } catch (error) {
    context.signal.throwIfAborted()
    const spoilt = damageOf(error)
    if (spoilt) {
      const sentence = `The recovery point could not be restored, so nothing could boot: ${spoilt.message}`
      return { findings: { verdict: 'unreadable', sentence }, notes }
    }
    const isOutOfTime = budget.aborted && !(error instanceof BootCheckOutOfTimeError)
    const why = isOutOfTime ? new BootCheckOutOfTimeError(spec.timeoutSeconds, phase) : error
    throw new BootCheckNotCarriedOutError(why)
  } finally {
    context.report({ phase: 'removing the VM' })
    const left = await remove(vm, booted).catch(error => [asXenkeepError(error).message])
    if (left.length > 0) {
      log.warn(`The VM of boot check ${options.jobId} could not be removed yet: ${left.join(' ')}`)
      notes.push(
        `The VM "${unfinishedName({ jobId: options.jobId, owner: ownerOf(options.repository.id) })}" could not be removed yet; the gateway tries again when the job has ended.`,
      )
    }
  }
}

/** @returns what is left, one sentence each */
const remove = async (vm: NewVm | undefined, booted: BootedVm | undefined): Promise<string[]> => {
  await booted?.off()
  return (await vm?.discard()) ?? []
}

/** The point itself is bad, or what was read of it. */
const damageOf = (error: unknown): XenkeepError | undefined =>
  isDamage(error) || error instanceof RestoreUnprovenError ? asXenkeepError(error) : undefined

/**
 * Without network interfaces (they are not even made), devices of the host that are passed through (an adapter of its own would be a way out), vApp, high availability or start with the host (a restore under a new identity takes none of them over), without
 * images in its drives, which might boot instead, and without a verdict that an earlier boot has left.
 */
const createIsolated = (
  { jobId, spec, pool, repository, context }: BootCheckOptions,
  { subject }: KnownPoint,
): Promise<NewVm> => {
  const { vm } = subject
  const { xenstore_data: data, other_config: config } = vm.record
  const metadata: VmMetadata = {
    ...vm,
    record: {
      ...vm.record,
      ...(isMap(data) && { xenstore_data: withoutVerdict(data) }),
      ...(isMap(config) && { other_config: without(config, 'pci') }),
    },
    vifs: [],
    cds: vm.cds.map(({ userdevice, bootable }) => ({ userdevice, bootable })),
  }
  return pool.createVm({
    metadata,
    newName: unfinishedName({ jobId, owner: ownerOf(repository.id) }),
    jobId,
    owner: ownerOf(repository.id),
    signal: context.signal,
    ...(spec.srUuid && { srUuid: spec.srUuid }),
  })
}

const isMap = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const without = ({ ...map }: Record<string, string>, key: string): Record<string, string> => {
  delete map[key]
  return map
}

const withoutVerdict = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith('vm-data/xenkeep/')))
