import type {
  RestoreNewDisksReport,
  RestoreNewDisksSpec,
} from '#core/contracts/restore-new-disks.ts'
import { ownerOf } from '#core/points/marks.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import type { NewDisk } from '../../targets/new/finished-disks.ts'
import type { CreateDisksOptions } from '../../targets/new/new-disks.ts'
import { findPointOfJob, type KnownPoint } from '../choose-base.ts'
import { PointGoneError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import { needOf, wantedOf, writeDisks } from './write-disks.ts'

/**
 * Restores single disks of a point as new VDIs, each proven by its root hash, and attaches them to a VM where one was named. A restore
 * that fails or is cancelled leaves nothing. Run again under the same id, it finds what it finished.
 *
 * @throws `POINT_NOT_FOUND`, `RESTORE_UNPROVEN`, what `Pool.createDisks` refuses, errors of pool and repository
 */
export const restoreNewDisks = async (
  options: JobOptions<RestoreNewDisksSpec>,
): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, log } = options
  context.report({ phase: 'reading the recovery point' })
  const known = await findPointOfJob(repository, spec.vmUuid, spec.pointId)
  if (!known) throw new PointGoneError(spec.pointId, repository.store.address)
  const wanted = await wantedOf(repository, known, spec.wishes)
  const { planOnly, disks: _, ...wishes } = spec.wishes
  const request: CreateDisksOptions = {
    ...{ jobId, owner: ownerOf(repository.id), pointId: known.point.id, wishes },
    ...{ metadata: known.subject.vm, disks: wanted.map(needOf), signal: context.signal },
    labels: labelsOf(spec, known),
    ...(spec.srUuid && { srUuid: spec.srUuid }),
  }
  if (planOnly) {
    const steps = await pool.describeDisks(request)
    return {
      outcome: { status: 'planned', steps: steps.slice(0, 200).map(step => step.slice(0, 500)) },
    }
  }
  const target = await pool.createDisks(request)
  let finished = false
  try {
    const missing = wanted.filter(
      ({ metadata }) => !target.before.some(({ of }) => of === metadata.vdiUuid),
    )
    await writeDisks(options, target, known, missing)
    context.signal.throwIfAborted()
    context.report({ phase: 'putting the disks in place' })
    const made = [...target.before, ...(await target.finish())]
    finished = true
    const disks: RestoreNewDisksReport['disks'] = []
    for (const { metadata, stored } of wanted) {
      const disk = made.find(({ of }) => of === metadata.vdiUuid)
      if (!disk) continue
      const { vdiUuid, name, srName } = disk
      const attached = await target.attach(disk)
      disks.push({
        ...{ vdiUuid, name, srName, userdevice: metadata.userdevice },
        ...{ size: stored.size, rootHash: stored.rootHash },
        ...(attached && { attached }),
      })
    }
    const bytesWritten = made.reduce((sum, disk) => sum + disk.bytesWritten, 0)
    const notes = bounded([
      ...target.notes,
      ...disks.filter(({ attached }) => !attached).map(howToAttach),
      ...besideOriginal(spec, disks),
    ])
    return { outcome: { status: 'disks-restored', report: { bytesWritten, disks, notes } } }
  } finally {
    if (!finished)
      await target
        .discard()
        .then(left => {
          for (const sentence of left) log.warn(sentence)
        })
        .catch(error => log.warn(`The disks of job ${jobId} could not be removed yet`, error))
  }
}

const labelsOf =
  ({ newName, vmName, pointId }: RestoreNewDisksSpec, { subject }: KnownPoint) =>
  ({ name, userdevice }: { name: string; userdevice: string }) => ({
    name: newName ?? `${(name || vmName).slice(0, 900)} (restored)`,
    description: `Disk ${userdevice} of the VM "${vmName.slice(0, 200)}" as of ${new Date(subject.taken).toISOString()}, restored by XenKeep from the recovery point ${pointId}`,
  })

type Named = Pick<NewDisk, 'name' | 'vdiUuid' | 'srName'>

const howToAttach = ({ name, vdiUuid, srName }: Named): string =>
  `The disk "${name.slice(0, 100)}" on "${srName.slice(0, 100)}" is attached to nothing. To attach it: xe vbd-create vm-uuid=VM vdi-uuid=${vdiUuid} device=autodetect type=Disk mode=RW, then xe vbd-plug uuid=VBD where the VM runs.`

/** Two disks with the same identifiers in one guest are a trap. */
const besideOriginal = (
  { vmUuid }: RestoreNewDisksSpec,
  disks: RestoreNewDisksReport['disks'],
): string[] =>
  disks.some(({ attached }) => attached?.vmUuid === vmUuid)
    ? [
        'File systems and volume groups on it bear the same identifiers as those on the original disk: mount them by device, not by UUID (XFS: -o nouuid; LVM: vgimportclone).',
      ]
    : []
