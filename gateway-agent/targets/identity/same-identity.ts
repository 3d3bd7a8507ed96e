import { createHash } from 'node:crypto'
import type { RestoreWishes } from '#core/contracts/restore.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { VmUuidTakenError } from '#core/errors/restore.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import { type Maker, markOf, unfinishedName } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { RestorePlan } from '#core/restore/plan.ts'
import type { XapiRecord } from '#disk-formats/xva/blank-records.ts'
import { vmOnlyArchive } from '#disk-formats/xva/vm-only.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { JOB_TAG, makerOf, SELF_TAG } from '../../xapi/ours.ts'
import { RefText, VmRecord } from '../../xapi/records.ts'
import { reattachOthers } from '../../xapi/safety/reattach.ts'
import type { SafetySnapshot } from '../../xapi/safety/safety-label.ts'
import {
  findSafetySnapshot,
  letGo,
  putBack,
  removeDisks,
  takeSafetySnapshot,
} from '../../xapi/safety/safety-snapshot.ts'
import { destroyUnfinishedVm } from '../../xapi/safety/unfinished-vm.ts'
import { disksOf, type FoundVm, unlessGone } from '../../xapi/vms.ts'
import { importedImage, type MemoryImage } from '../new/memory-image.ts'
import { guardOff, shutDownForRestore } from '../shut-down.ts'
import type { Identity } from './identity.ts'
import { refuseSeedTwin } from './seed-twin.ts'

interface SameOptions {
  maker: Maker
  metadata: VmMetadata
  wishes: RestoreWishes
  /** UUIDs of the VDIs that the recovery point has. */
  written: readonly string[]
  plan: RestorePlan
  signal: AbortSignal
}

/** @returns the VM that has the UUID now; what an earlier attempt of this job left of itself is removed */
const findExisting = async (
  xapi: Xapi,
  { maker, metadata }: SameOptions,
): Promise<FoundVm | undefined> => {
  const ref = await unlessGone(xapi.call('VM.get_by_uuid', [metadata.uuid], RefText))
  const record = ref && (await unlessGone(xapi.call('VM.get_record', [ref], VmRecord)))
  if (!ref || !record) return undefined
  const by = makerOf(record)
  if (by?.jobId !== maker.jobId || by.owner !== maker.owner) return { ref, record }
  await destroyUnfinishedVm(xapi, ref, maker.owner)
  return undefined
}

/** @throws `VM_UUID_TAKEN`, `VM_RUNS`, `RESTORE_TARGET` */
const guardExisting = async (xapi: Xapi, existing: FoundVm, wishes: RestoreWishes) => {
  const { record } = existing
  const { name_label: name, uuid } = record
  if (record.is_a_snapshot || record.is_control_domain || record.is_a_template)
    throw new VmUuidTakenError(name, uuid, record.is_a_snapshot ? 'snapshot' : 'template')
  if (!wishes.replace) throw new VmUuidTakenError(name, uuid)
  guardOff(existing, wishes)
  const blocked = record.blocked_operations.destroy
  if (blocked !== undefined)
    throw new RestoreTargetError(`somebody forbade to remove the VM "${name}" ("${blocked}")`)
  const shared = (await disksOf(xapi, record)).find(({ vdi }) => vdi.sharable)
  if (shared)
    throw new RestoreTargetError(
      `the disk "${shared.vdi.name_label}" of "${name}" is shared, so its state cannot be kept safe by a snapshot`,
    )
}

const versionOf = (record: Record<string, unknown>): number => Number(record.version ?? 0) || 0

/**
 * The VM as itself, under its UUID: only `/import_metadata?restore=true` gives one. The archive holds the bare record; disks, drives and
 * interfaces are attached as for a new VM, so each disk may be on a storage repository of its own and no network is guessed by its name.
 *
 * XAPI destroys a VM that has the UUID. So it is shut down and put into a safety snapshot first, which brings it back when anything fails
 * before the restored one is complete. An earlier attempt of the job that was cut off is undone first: the VM may have run since, and the
 * snapshot of then would take back what it did.
 * @throws `VM_UUID_TAKEN`, `VM_RUNS`, `RESTORE_TARGET`, and what a trial of the import is refused for
 */
export const sameIdentity = async (xapi: Xapi, options: SameOptions): Promise<Identity> => {
  const { maker, metadata, wishes, written, plan, signal } = options
  const { uuid } = metadata
  const importVm = async (
    existing: FoundVm | undefined,
    more: Record<string, string> = {},
    image?: MemoryImage,
  ) => {
    const version = Math.max(
      versionOf(metadata.record),
      existing ? versionOf(existing.record) + 1 : 0,
    )
    const suspended = image && (await importedImage(xapi, image))
    const record = { ...recordOf(plan, uuid, maker, metadata, version), ...image?.record }
    const archive = vmOnlyArchive(record, 0, suspended)
    // It is there already: the importer is told which disk it is.
    const vdi = suspended && { [`vdi:${suspended.uuid}`]: suspended.uuid }
    return xapi.upload('/import_metadata', {
      query: { restore: 'true', ...more, ...vdi },
      what: `import of the VM "${metadata.record.name_label}"`,
      length: archive.length,
      body: [archive] as unknown as AsyncIterable<Uint8Array>,
      anyHost: true,
    })
  }

  const before = await findSafetySnapshot(xapi, maker)
  if (before) await putBack(xapi, before)
  const first = await findExisting(xapi, options)
  if (first) await guardExisting(xapi, first, wishes)
  await refuseSeedTwin(xapi, { uuid, seed: plan.vm.otherConfig.mac_seed })
  let safety: SafetySnapshot | undefined
  if (!first || first.record.power_state === 'Halted') await importVm(first, { dry_run: 'true' })

  return {
    uuid,
    early: false,
    steps: stepsOf(uuid, first, wishes),
    async make(_, image) {
      const existing = await findExisting(xapi, options)
      const notes: string[] = []
      if (existing) {
        await guardExisting(xapi, existing, wishes)
        const off = await shutDownForRestore(xapi, existing, { wishes, maker, signal })
        notes.push(...off.notes)
        const old = await disksOf(xapi, existing.record)
        const uuids = old.map(({ vdi }) => vdi.uuid)
        const label = {
          vmUuid: uuid,
          vmName: existing.record.name_label,
          wasRunning: off.wasRunning,
          purpose: 'replace' as const,
          keep: wishes.keepSafetySnapshot ?? false,
          replaced: uuids.filter(vdi => written.includes(vdi)),
          others: uuids.filter(vdi => !written.includes(vdi)),
        }
        safety = await takeSafetySnapshot(xapi, existing, maker, label)
      }
      await importVm(existing, {}, image)
      const ref = await xapi.call('VM.get_by_uuid', [uuid], RefText)
      return { ref, notes }
    },
    async settle(vm: Ref) {
      if (!safety) return []
      return settleReplaced(xapi, vm, safety, wishes.keepSafetySnapshot ?? false)
    },
    undo: async () => (safety ? putBack(xapi, safety) : []),
  }
}

const stepsOf = (
  uuid: string,
  existing: FoundVm | undefined,
  { keepSafetySnapshot }: RestoreWishes,
): string[] => {
  const makes = `Makes the VM under its UUID ${uuid}.`
  if (!existing) return [makes]
  const { name_label: name, power_state: state } = existing.record
  return [
    ...(state === 'Halted'
      ? []
      : [
          `Shuts down the VM "${name}", which is ${state.toLowerCase()}, when the disks are proven.`,
        ]),
    `Takes a snapshot of "${name}", which brings it back if anything fails from here on.`,
    `Replaces "${name}" by the restored VM under the UUID ${uuid}.`,
    'Removes the disks of the replaced VM that the recovery point has, when the restored one is complete.',
    keepSafetySnapshot ? 'Keeps the snapshot of the former state.' : 'Removes the snapshot again.',
  ]
}

/**
 * What remains to be done when the restored VM is complete. What fails is told, and done when the snapshot is found: the VM has to start.
 * @returns what to know, one sentence each
 */
export const settleReplaced = async (
  xapi: Xapi,
  vm: Ref,
  safety: SafetySnapshot,
  keep: boolean,
): Promise<string[]> => {
  const { label, maker } = safety
  const notes = [`It replaced the VM "${label.vmName}" of the same UUID.`]
  try {
    notes.push(...(await reattachOthers(xapi, vm, safety)))
    notes.push(...(await removeDisks(xapi, label, label.replaced, maker.owner)))
    notes.push(...(await letGo(xapi, safety, keep)))
  } catch (error) {
    if (!(error instanceof XenkeepError)) throw error
    notes.push(
      `The VM is complete; what is left of the one that it replaced (old disks, disks to attach again, the snapshot) is seen to later: ${error.message}`,
    )
  }
  return notes
}

const recordOf = (
  { vm: { record, otherConfig } }: RestorePlan,
  uuid: string,
  maker: Maker,
  { biosStrings }: VmMetadata,
  version: number,
): XapiRecord => ({
  ...(record as XapiRecord),
  uuid,
  version: String(version),
  bios_strings: biosStrings,
  name_label: unfinishedName(maker),
  other_config: {
    // Where there is none, new MAC addresses are wanted, and an import makes no seed as VM.create does.
    mac_seed: seedOf(maker),
    ...{ ...otherConfig, [JOB_TAG]: markOf(maker), [SELF_TAG]: uuid },
  },
})

/** A UUID that no other job comes to. */
const seedOf = (maker: Maker): string =>
  createHash('sha256')
    .update(`mac_seed ${markOf(maker)}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
