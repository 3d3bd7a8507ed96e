import { XenkeepError } from '#core/errors/base.ts'
import type { Ref, Xapi } from '../api.ts'
import { setMapKeys, tagAsOurs } from '../other-config.ts'
import { BASE_TAG, makerOf } from '../ours.ts'
import { NULL_REF, VdiRecord, VmRecord } from '../records.ts'
import { releaseDisk } from '../release-disk.ts'
import { disksOf, unlessGone } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'
import { unblockMigration } from './migration-block.ts'
import type { VmSnapshot } from './vm-snapshot.ts'

const noteOf = (what: string, error: unknown): string =>
  `${what}: ${error instanceof XenkeepError ? error.message : String(error)}`

/** The disks that were made with a snapshot, its memory image among them. */
const disksOfSnapshot = async (
  xapi: Xapi,
  record: VmRecord,
): Promise<{ vdiRef: Ref; vdi: VdiRecord }[]> => {
  const disks: { vdiRef: Ref; vdi: VdiRecord }[] = (await disksOf(xapi, record)).filter(
    ({ vdi }) => vdi.is_a_snapshot,
  )
  const image = record.suspend_VDI
  if (!record.is_a_snapshot || image === NULL_REF) return disks
  const vdi = await unlessGone(xapi.call('VDI.get_record', [image], VdiRecord))
  const live = await unlessGone(xapi.call('VM.get_record', [record.snapshot_of], VmRecord))
  // A VM that is suspended itself needs its own image.
  return vdi && live?.suspend_VDI !== image ? [...disks, { vdiRef: image, vdi }] : disks
}

/**
 * Destroys a snapshot VM of ours with its disks (VM.destroy leaves them). Disks are destroyed only if they are snapshots
 * that no other VM uses: after a revert a live VM may hang on them. What bears another installation's mark stays.
 * @returns what could not be removed, one sentence each
 */
export const destroySnapshotVm = async (
  xapi: Xapi,
  ref: Ref,
  owner: string,
  others: readonly Ref[] = [],
): Promise<string[]> => {
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  const refs = new Set(others)
  if (record) {
    const maker = makerOf(record)
    if (maker && maker.owner !== owner)
      return [`The snapshot "${record.name_label}" is another installation's; it was left alone.`]
    for (const { vdiRef, vdi } of await disksOfSnapshot(xapi, record)) {
      refs.add(vdiRef)
      // Without its VM an untagged disk would be nobody's, should we be stopped in between.
      if (maker && !makerOf(vdi))
        await tagAsOurs(xapi, 'VDI', vdiRef, vdi.uuid, maker).catch(() => undefined)
    }
    await unlessGone(xapi.call('VM.destroy', [ref], VoidAnswer))
  }
  const notes: string[] = []
  for (const vdi of refs)
    await releaseDisk(xapi, 'VDI.destroy', vdi, owner).catch(error => {
      notes.push(noteOf('A disk of the snapshot is left and will be removed later', error))
    })
  return notes
}

/**
 * Removes a snapshot with everything that belongs to it and lets the VM migrate again.
 * @returns what could not be removed, one sentence each; the next start of the agent tries again
 */
export const destroySnapshot = async (
  xapi: Xapi,
  { ref, vm, disks, owner }: VmSnapshot,
): Promise<string[]> => {
  const notes = await destroySnapshotVm(
    xapi,
    ref,
    owner,
    disks.map(disk => disk.ref),
  )
  await unlessGone(unblockMigration(xapi, vm.ref, owner))
  return notes
}

/**
 * To be called when the point is committed: the snapshot VM goes, its disks with changed-block tracking lose their data
 * and stay as base of the next incremental backup, the others go.
 * @returns what could not be done, one sentence each
 */
export const keepCbtBases = async (
  xapi: Xapi,
  {
    ref,
    vm,
    disks,
    owner,
    others: known,
  }: Pick<VmSnapshot, 'ref' | 'vm' | 'disks' | 'owner' | 'others'>,
): Promise<string[]> => {
  const notes: string[] = []
  const bases = disks.filter(({ cbt }) => cbt)
  for (const { ref: vdi, name } of bases) {
    await setMapKeys(xapi, 'VDI.other_config', vdi, { [BASE_TAG]: vm.uuid })
    await xapi
      .call('VDI.set_name_label', [vdi, `XenKeep base of ${name}`], VoidAnswer)
      .catch(() => undefined)
  }
  const copies = known ?? (await refsOfSnapshot(xapi, ref))
  await unlessGone(xapi.call('VM.destroy', [ref], VoidAnswer))
  for (const { ref: vdi, name } of bases)
    await releaseDisk(xapi, 'VDI.data_destroy', vdi, owner).catch(error => {
      notes.push(noteOf(`The snapshot of the disk "${name}" keeps its data for now`, error))
    })
  // Tagged or not: a disk that the snapshot VM brought along, and that nobody else has (releaseDisk looks), is ours.
  const others = new Set([...copies, ...disks.map(disk => disk.ref)])
  for (const vdi of others) {
    if (bases.some(base => base.ref === vdi)) continue
    await releaseDisk(xapi, 'VDI.destroy', vdi, owner).catch(error => {
      notes.push(noteOf('A disk of the snapshot is left and will be removed later', error))
    })
  }
  await unlessGone(unblockMigration(xapi, vm.ref, owner))
  return notes
}

const refsOfSnapshot = async (xapi: Xapi, ref: Ref): Promise<Ref[]> => {
  const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  return record ? (await disksOfSnapshot(xapi, record)).map(({ vdiRef }) => vdiRef) : []
}
