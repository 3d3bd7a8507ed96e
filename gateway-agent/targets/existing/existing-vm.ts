import { XenkeepError } from '#core/errors/base.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import type { SnapshotDisk } from '../../sources/api.ts'
import type { Xapi } from '../../xapi/api.ts'
import { setMapKeys } from '../../xapi/other-config.ts'
import { allowStart, forbidStart } from '../../xapi/power/start-block.ts'
import { VdiRecord, VmRecord } from '../../xapi/records.ts'
import { untilDetached } from '../../xapi/release-disk.ts'
import {
  findSafetySnapshot,
  letGo,
  putBack,
  relabel,
  takeSafetySnapshot,
} from '../../xapi/safety/safety-snapshot.ts'
import { disksOf } from '../../xapi/vms.ts'
import { readStorage } from '../facts.ts'
import { writeVdi } from '../new/new-vdi.ts'
import { claimHosts } from '../new/place.ts'
import { shutDownForRestore } from '../shut-down.ts'
import { startVm } from '../start-vm.ts'
import { look, type OverwriteVmOptions } from './match-disks.ts'

/** A VM that is off, cannot be started, and whose former state is safe in a snapshot. */
export interface ExistingVm {
  readonly name: string
  /** What to know, one sentence each. */
  readonly notes: readonly string[]
  /** What is on the disk now, as the snapshot holds it. @param vdiUuid of the VDI that was backed up */
  current(vdiUuid: string): SnapshotDisk
  /** Reference of the storage repository of a disk. */
  srOf(vdiUuid: string): string | undefined
  /** Writes the blocks that are present and leaves all others. @returns UUID of the VDI, bytes of disk written */
  overwrite(
    vdiUuid: string,
    content: DiskContent,
    options: { signal: AbortSignal; onProgress: (bytes: number) => void },
  ): Promise<{ vdiUuid: string; bytesWritten: number }>
  /**
   * All is proven: lets the VM start, and the snapshot go or stay.
   * @param options.marks keys that its `other_config` gets before it may start
   */
  finish(options: { start: boolean; marks?: Record<string, string> }): Promise<{ started: boolean }>
  /** Puts back the former state. @returns what could not be done, one sentence each */
  putBack(): Promise<string[]>
}

/** The VM may run already, so what fails here is told, and done later. */
const letGoOrSay = (...[xapi, safety, keep]: Parameters<typeof letGo>): Promise<string[]> =>
  letGo(xapi, safety, keep).catch((error: unknown) => {
    if (!(error instanceof XenkeepError)) throw error
    const what = keep
      ? 'is kept, and becomes an ordinary one of the VM later'
      : 'is left and will be removed later'
    return [`The snapshot of the former state ${what}: ${error.message}`]
  })

/** What `overwriteVm` and what follows would do, one sentence each. @throws as `overwriteVm` */
export const describeOverwrite = async (
  xapi: Xapi,
  options: OverwriteVmOptions,
): Promise<string[]> => {
  const { vm, matched, others } = await look(xapi, options)
  const { name_label: name, power_state: state } = vm.record
  return [
    ...(state === 'Halted'
      ? []
      : [`Shuts down the VM "${name}", which is ${state.toLowerCase()}.`]),
    `Takes a snapshot of "${name}", to which it goes back if anything fails, and blocks its start.`,
    ...[...matched.values()].map(
      ({ vdi, vbd }) =>
        `Reads disk ${vbd.userdevice} ("${vdi.name_label}"), writes the blocks that differ from the recovery point, and compares the root hash of what is on it then.`,
    ),
    ...others.map(
      ({ name, asked }) =>
        `Leaves the disk "${name}" as it is; ${asked ? 'the point lacks it' : 'it was not asked for'}.`,
    ),
    options.wishes.keepSafetySnapshot
      ? 'Keeps the snapshot of the former state.'
      : 'Removes the snapshot again.',
    ...(state === 'Running' ? ['Starts the VM again.'] : []),
  ]
}

/**
 * Makes a VM ready to be written into. A former attempt of the job that was cut off is undone first.
 * @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `DISK_MISMATCH`, `RESTORE_TARGET`, `VM_RUNS`, {@link XapiError}; the VM is as it was then
 */
export const overwriteVm = async (xapi: Xapi, options: OverwriteVmOptions): Promise<ExistingVm> => {
  const { jobId, owner, wishes, signal } = options
  const maker: Maker = { jobId, owner }
  const before = await findSafetySnapshot(xapi, maker)
  if (before) await putBack(xapi, before)
  const { vm, live, matched, others } = await look(xapi, options)
  const { name_label: name } = vm.record
  const { srs, hosts } = await readStorage(xapi)
  signal.throwIfAborted()
  const { wasRunning, notes } = await shutDownForRestore(xapi, vm, { wishes, maker, signal })
  notes.push(
    ...others.map(
      ({ name, asked }) =>
        `The disk "${name}" ${asked ? 'is not in the recovery point' : 'was not asked for'} and was left as it is.`,
    ),
  )
  const uuids = live.map(({ vdi }) => vdi.uuid)
  const label = { vmUuid: options.vmUuid, vmName: name, wasRunning, purpose: 'write' as const }
  let safety = await takeSafetySnapshot(xapi, vm, maker, {
    ...label,
    replaced: uuids,
    others: [],
  })
  const undo = () => putBack(xapi, safety)
  const copies = new Map<string, SnapshotDisk>()
  try {
    await forbidStart(xapi, vm.ref)
    const record = await xapi.call('VM.get_record', [safety.ref], VmRecord)
    for (const { vdiRef, vdi } of await disksOf(xapi, record)) {
      const of = [...matched].find(([, disk]) => disk.vdiRef === vdi.snapshot_of)
      if (!of) continue
      const [pointVdi, { vdi: liveVdi, vbd }] = of
      copies.set(pointVdi, {
        ...{ ref: vdiRef, uuid: vdi.uuid, liveUuid: liveVdi.uuid, cbt: vdi.cbt_enabled },
        ...{ userdevice: vbd.userdevice, name: liveVdi.name_label, size: vdi.virtual_size },
      })
    }
    signal.throwIfAborted()
  } catch (error) {
    await undo()
    throw error
  }
  const used = srs.filter(({ ref }) => [...matched.values()].some(({ vdi }) => vdi.SR === ref))
  const through = claimHosts(xapi, hosts, used)
  const partOf = <T>(parts: ReadonlyMap<string, T>, vdiUuid: string): T => {
    const part = parts.get(vdiUuid)
    if (part === undefined) throw new RestoreTargetError(`the snapshot lacks the disk ${vdiUuid}`)
    return part
  }
  return {
    name,
    notes,
    current: vdiUuid => partOf(copies, vdiUuid),
    srOf: vdiUuid => matched.get(vdiUuid)?.vdi.SR,
    async overwrite(vdiUuid, content, { signal: stop, onProgress }) {
      const { vdiRef, vdi } = partOf(matched, vdiUuid)
      if (safety.label.purpose !== 'writing')
        safety = await relabel(xapi, safety, { purpose: 'writing' })
      const disk = { name: vdi.name_label }
      const options = { disk, signal: stop, onProgress, onTop: true }
      const host = through.hostOf(srs.find(({ ref }) => ref === vdi.SR))?.address
      const bytesWritten = await writeVdi(xapi, vdiRef, content, options, host)
      await untilDetached(xapi, vdiRef)
      const { uuid } = await xapi.call('VDI.get_record', [vdiRef], VdiRecord)
      return { vdiUuid: uuid, bytesWritten }
    },
    async finish({ start, marks = {} }) {
      through.leave()
      const runs = start || wasRunning
      // From here on whoever finds the snapshot goes on, not back: the VM starts, and the snapshot goes last.
      const keep = wishes.keepSafetySnapshot ?? false
      const proven = await relabel(xapi, safety, { purpose: 'write', wasRunning: runs, keep })
      // Not before the label: a job that finds the mark does not go back.
      await setMapKeys(xapi, 'VM.other_config', vm.ref, marks)
      await allowStart(xapi, vm.ref)
      const failure = runs ? await startVm(xapi, vm.ref) : undefined
      if (failure) notes.push(failure)
      notes.push(...(await letGoOrSay(xapi, proven, keep)))
      return { started: runs && failure === undefined }
    },
    putBack: () => {
      through.leave()
      return undo()
    },
  }
}
