import type { BootCheckResult, BootCheckSpec } from '#core/contracts/boot-check.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { isDamage } from '#core/errors/repository.ts'
import { ownerOf, unfinishedName } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import type { NewVm } from '../../targets/api.ts'
import type { BootedVm } from '../../targets/boot.ts'
import { findPointOfJob, type KnownPoint } from '../choose-base.ts'
import { PointGoneError, RestoreUnprovenError } from '../errors.ts'
import { writeDisks } from '../restore/write-disks.ts'
import type { Findings } from './boot-watch.ts'
import { type BootOptions, bootWithin, scriptOf } from './boot-within.ts'
import { keepResult } from './keep-result.ts'

export type BootCheckOptions = BootOptions<BootCheckSpec>

/**
 * Restores a point as a VM without network interfaces, starts it, sees whether it runs and its guest tools answer, asks for a verdict where one is wanted,
 * and removes everything again, whatever happened. All of it has one budget of time. What was found out is kept in the repository, beside the point.
 *
 * @throws `POINT_NOT_FOUND`; `BOOT_SCRIPT_UNKNOWN`; `BOOT_CHECK_NOT_CARRIED_OUT` where it says nothing about the point; a cancelling signal throws its reason
 */
export const bootCheck = async (options: BootCheckOptions): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, clock } = options
  const script = scriptOf(options)
  context.report({ phase: 'reading the recovery point' })
  const known = await findPointOfJob(repository, spec.vmUuid, spec.pointId)
  if (!known) throw new PointGoneError(spec.pointId, repository.store.address)

  const at = clock.now()
  // Asked first: a pool that falls silent behind the boot must not cost what was found out.
  const { version } = await pool.describe()
  const { findings, notes } = await boot(options, known, script)
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
  const { spec, context, log } = options
  const notes: string[] = []
  let vm: NewVm | undefined
  let booted: BootedVm | undefined
  try {
    const findings = await bootWithin(options, {
      script,
      words: { prepared: 'restored', starting: 'starting the VM' },
      async prepare(signal) {
        const limited = { ...options, context: { ...context, signal } }
        vm = await createIsolated(limited, known)
        await writeDisks(limited, vm, known)
        const hadTools = Object.keys(known.subject.vm.guestOs).length > 0
        return { vm, pointId: spec.pointId, hadTools }
      },
      onBooted: of => {
        booted = of
      },
      findingsOf: unreadable,
    })
    return { findings, notes }
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
const unreadable = (error: unknown): Findings | undefined => {
  if (!isDamage(error) && !(error instanceof RestoreUnprovenError)) return undefined
  const { message } = asXenkeepError(error)
  const sentence = `The recovery point could not be restored, so nothing could boot: ${message}`
  return { verdict: 'unreadable', sentence }
}

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
