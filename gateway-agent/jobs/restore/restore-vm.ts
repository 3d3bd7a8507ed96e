import type { RestoreVmSpec } from '#core/contracts/restore.ts'
import { type Maker, ownerOf, RESTORED_TAG, type RestoredMark } from '#core/points/marks.ts'
import { vmName } from '#core/points/summary.ts'
import type { Clock } from '#core/ports.ts'
import { chooseDisks } from '#core/restore/disks.ts'
import { MEMORY_IMAGE } from '#core/restore/resume.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import { memoryNote } from '../../targets/new/memory-image.ts'
import { findPointOfJob, type KnownPoint } from '../choose-base.ts'
import { PointGoneError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import type { Pool, RestoredVm } from '../pool.ts'
import { restoreDisks } from './restore-disks.ts'
import { guardRules } from './rules.ts'
import { needOf, wantedMemory, wantedOf, writeDisks } from './write-disks.ts'

export interface RestoreOptions extends JobOptions<RestoreVmSpec> {
  clock: Clock
}

/**
 * Restores one VM from one point: as a new one, or as itself. The VM is hidden until every disk is written and proven; a restore that
 * fails or is cancelled leaves nothing, and a VM that was to be replaced as it was. Run again under the same id, it finds the VM that it finished.
 *
 * @throws `POINT_NOT_FOUND`, `RESTORE_UNPROVEN`, what a rule refuses (core/site/rules), what `Pool.createVm` refuses, errors of pool and repository
 */
export const restoreVm = async (options: RestoreOptions): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, log } = options
  context.report({ phase: 'reading the recovery point' })
  const known = await findPointOfJob(repository, spec.vmUuid, spec.pointId)
  if (!known) throw new PointGoneError(spec.pointId, repository.store.address)
  const made = await pool.findRestored(jobId)
  const owner = ownerOf(repository.id)
  if (made)
    return restoredBefore(made, known, spec, await finishLate(pool, spec, made, { jobId, owner }))
  const told = guardRules(options, known)
  if (spec.wishes?.identity === 'disks-only') return restoreDisks(options, known, told)

  const wanted = await wantedOf(repository, known)
  const resume = spec.wishes?.resume ?? false
  if (resume) wanted.push(...(await wantedMemory(repository, known)))
  const request = {
    metadata: known.subject.vm,
    newName: spec.newName,
    jobId,
    owner,
    signal: context.signal,
    disks: wanted.map(needOf),
    ...(spec.srUuid && { srUuid: spec.srUuid }),
    ...(spec.wishes && { wishes: spec.wishes }),
  }
  if (spec.wishes?.planOnly) {
    const steps = [
      ...(await pool.describeVm(request)),
      ...(spec.start ? [resume ? 'Resumes the VM.' : 'Starts the VM.'] : []),
      ...told,
    ]
    return {
      outcome: { status: 'planned', steps: steps.map(step => step.slice(0, 500)).slice(0, 200) },
    }
  }
  const vm = await pool.createVm(request)
  let finished = false
  try {
    const disks = await writeDisks(options, vm, known, wanted)
    context.signal.throwIfAborted()
    context.report({ phase: 'putting the VM in place' })
    const bytesWritten = disks.reduce((sum, disk) => sum + disk.bytesWritten, 0)
    const mark: RestoredMark = { vmUuid: vm.uuid, jobId, pointId: known.point.id, bytesWritten }
    const marks = { [RESTORED_TAG]: JSON.stringify(mark) }
    const { started } = await vm.finish({ start: spec.start, marks })
    finished = true
    return {
      outcome: {
        status: 'restored',
        report: {
          newVmUuid: vm.uuid,
          newName: spec.newName,
          started,
          bytesWritten,
          ...identityOf(spec),
          disks: disks.map(({ bytesWritten: _, ...disk }) => disk),
          notes: bounded([...told, ...notesOf(known), ...vm.notes]),
        },
      },
    }
  } finally {
    if (!finished)
      await vm
        .discard()
        .then(left => {
          for (const sentence of left) log.warn(sentence)
        })
        .catch(error => log.warn(`The unfinished VM ${vm.uuid} could not be removed yet`, error))
  }
}

const identityOf = ({ wishes }: RestoreVmSpec) => wishes?.identity && { identity: wishes.identity }

const notesOf = ({ subject }: KnownPoint): string[] =>
  subject.skipped.map(
    ({ userdevice, reason }) => `Disk ${userdevice} is not in the recovery point: ${reason}`,
  )

const MEMORY_GIVEN_UP =
  'The VM was complete with the memory of the recovery point, and has been switched off since; that memory is gone, and the VM was not started.'

/** A first attempt may have been cut off between finishing the VM and what follows. @returns what to know, one sentence each */
const finishLate = async (
  pool: Pool,
  { start, wishes }: RestoreVmSpec,
  made: RestoredVm,
  maker: Maker,
): Promise<string[]> => {
  const keepSafetySnapshot = wishes?.keepSafetySnapshot ?? false
  const notes = await pool.settleRestored(made, { ...maker, keepSafetySnapshot })
  made.running ||= (await pool.findRestored(maker.jobId))?.running ?? false
  if (wishes?.resume && !made.running && made.image === undefined)
    return [...notes, MEMORY_GIVEN_UP]
  if (start && !made.running) {
    const failure = await pool.startVm(made)
    made.running = failure === undefined
    if (failure !== undefined) notes.push(failure)
  }
  return wishes?.resume ? [...notes, memoryNote(made.uuid, made.running)] : notes
}

/** The answer of a first attempt that finished the VM and was cut off before it could tell. */
const restoredBefore = (
  made: RestoredVm,
  known: KnownPoint,
  spec: RestoreVmSpec,
  notes: readonly string[],
): Performed => {
  const { point, subject } = known
  const userdevices = new Map(subject.vm.disks.map(disk => [disk.vdiUuid, disk.userdevice]))
  const { memory } = subject.vm
  const there = [...made.disks]
  const kept = subject.vm.disks.filter(disk => point.disks.some(({ id }) => id === disk.vdiUuid))
  const asked = new Set(chooseDisks(kept, spec.wishes ?? {}).map(disk => disk.vdiUuid))
  // Once the guest goes on, there is no image any more.
  if (spec.wishes?.resume && memory && made.image !== undefined) {
    userdevices.set(memory.vdiUuid, MEMORY_IMAGE)
    asked.add(memory.vdiUuid)
    there.push({ vdiUuid: made.image, userdevice: MEMORY_IMAGE })
  }
  return {
    outcome: {
      status: 'restored',
      report: {
        newVmUuid: made.uuid,
        newName: made.name,
        started: made.running,
        bytesWritten: made.mark.bytesWritten,
        ...identityOf(spec),
        disks: point.disks.flatMap(({ id, size, rootHash }) => {
          if (!asked.has(id)) return []
          const userdevice = userdevices.get(id)
          // Into the disks of a VM that is there: it may hang elsewhere now.
          const same = there.find(disk => disk.vdiUuid === id)
          const vdi = same ?? there.find(disk => disk.userdevice === userdevice)
          return vdi && userdevice !== undefined ? [{ ...vdi, userdevice, size, rootHash }] : []
        }),
        notes: bounded([
          `The gateway was restarted after "${vmName(subject)}" had been restored and proven; this report was put together afterwards.`,
          ...notesOf(known),
          ...notes,
        ]),
      },
    },
  }
}
