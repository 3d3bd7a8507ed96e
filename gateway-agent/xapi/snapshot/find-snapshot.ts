import { z } from 'zod'
import { Ulid } from '#core/contracts/ids.ts'
import { PointGroup } from '#core/contracts/methods.ts'
import { Consistency } from '#core/contracts/points.ts'
import { Problem } from '#core/contracts/problem.ts'
import type { Maker } from '#core/points/marks.ts'
import { MemoryMetadata } from '#core/points/vm-metadata.ts'
import type { SnapshotDisk } from '../../sources/api.ts'
import type { Ref, Xapi } from '../api.ts'
import { makerOf } from '../ours.ts'
import { RefText, recordsOf, VdiRecord, VmRecord } from '../records.ts'
import { disksOf, unlessGone } from '../vms.ts'
import { blockMigration } from './migration-block.ts'
import { MEMORY, plainWorth, type VmSnapshot } from './vm-snapshot.ts'

/** other_config key of a snapshot VM that is complete: what cannot be read off it later. Written last. */
export const LABEL_TAG = 'xenkeep:snapshot'

const Label = z.object({
  powerState: z.enum(['Halted', 'Paused', 'Running', 'Suspended']),
  startTime: z.int().optional(),
  disks: z.array(
    z.object({
      uuid: z.string(),
      liveUuid: z.string(),
      userdevice: z.string(),
      name: z.string(),
      size: z.int(),
    }),
  ),
  skipped: z.array(
    z.object({ vdiUuid: z.string().optional(), userdevice: z.string(), reason: z.string() }),
  ),
  notes: z.array(z.string()),
  consistency: Consistency.optional(),
  weakerBecause: z.string().optional(),
  memory: MemoryMetadata.optional(),
  group: PointGroup.optional(),
  leftOut: z.array(z.object({ jobId: Ulid, vmName: z.string(), problem: Problem })).optional(),
})
type Label = z.infer<typeof Label>

export const labelOf = (snapshot: VmSnapshot): string => {
  const { powerState, startTime, disks, skipped, notes } = snapshot
  const { consistency, weakerBecause, memory, group, leftOut } = snapshot
  return JSON.stringify({
    powerState,
    startTime,
    disks: disks.map(({ uuid, liveUuid, userdevice, name, size }) => ({
      uuid,
      liveUuid,
      userdevice,
      name,
      size,
    })),
    skipped,
    notes,
    consistency,
    weakerBecause,
    memory,
    group,
    leftOut,
  } satisfies Label)
}

/** The snapshot of a job that was cut off: to go on with, or why not. */
export type FoundSnapshot = { snapshot: VmSnapshot } | { unusable: string }

/**
 * Finds the snapshot that an earlier attempt of the job took. It is good to go on with when it is complete, every disk of it is there
 * as it was, and the VM still has the disks it had; the VM is kept from migrating again then.
 * @returns nothing where the job has no snapshot
 */
export const findSnapshot = async (
  xapi: Xapi,
  { vmUuid, jobId, owner }: Maker & { vmUuid: string },
): Promise<FoundSnapshot | undefined> => {
  const vms = Object.entries(await xapi.call('VM.get_all_records', [], recordsOf(VmRecord)))
  const ours = vms.filter(([, vm]) => {
    const maker = vm.is_a_snapshot ? makerOf(vm) : undefined
    return maker?.jobId === jobId && maker.owner === owner
  })
  const [found] = ours
  if (!found) return undefined
  if (ours.length > 1) return { unusable: 'there are several of them' }
  const [ref, record] = found
  const [vmRef, vm] = vms.find(([, { uuid }]) => uuid === vmUuid) ?? []
  if (!vmRef || !vm || record.snapshot_of !== vmRef)
    return { unusable: 'the VM that it was taken of is not there any more' }
  const label = readLabel(record.other_config[LABEL_TAG])
  if (!label) return { unusable: 'it had not become complete' }
  if (await hasOtherDisks(xapi, vm, label))
    return { unusable: 'the VM has other disks than when it was taken' }
  const disks: SnapshotDisk[] = []
  for (const disk of label.disks) {
    const there = await findDisk(xapi, disk, { jobId, owner })
    if (!there) return { unusable: `its disk "${disk.name}" is not there as it was` }
    disks.push({ ...disk, ...there })
  }
  const notes = await blockMigration(xapi, vmRef, { jobId, owner })
  const { powerState, startTime, skipped, consistency, weakerBecause, memory, group, leftOut } =
    label
  return {
    snapshot: {
      ref,
      uuid: record.uuid,
      owner,
      vm: { ref: vmRef, uuid: vmUuid, name: vm.name_label },
      taken: record.snapshot_time,
      powerState,
      ...(startTime !== undefined && { startTime }),
      ...(consistency ? { consistency } : plainWorth(powerState)),
      ...(weakerBecause && { weakerBecause }),
      ...(memory && { memory }),
      ...(group && { group }),
      ...(leftOut && { leftOut }),
      disks,
      skipped: skipped.map(({ vdiUuid, ...rest }) => ({ ...rest, ...(vdiUuid && { vdiUuid }) })),
      notes: [...label.notes, ...notes],
    },
  }
}

const readLabel = (text: string | undefined): Label | undefined => {
  try {
    return Label.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}

/** What the point says of the VM is read anew, and has to fit the disks of the snapshot. */
const hasOtherDisks = async (
  xapi: Xapi,
  vm: VmRecord,
  { disks, skipped }: Label,
): Promise<boolean> => {
  const ofTheVm = disks.filter(({ userdevice }) => userdevice !== MEMORY)
  const then = [
    ...ofTheVm.map(disk => disk.liveUuid),
    ...skipped.flatMap(disk => disk.vdiUuid ?? []),
  ]
  const now = (await disksOf(xapi, vm)).map(({ vdi }) => vdi.uuid)
  return now.sort().join() !== then.sort().join()
}

const findDisk = async (
  { call }: Xapi,
  { uuid, size, userdevice }: Label['disks'][number],
  { jobId, owner }: Maker,
): Promise<{ ref: Ref; cbt: boolean; sr: Ref } | undefined> => {
  const ref = await unlessGone(call('VDI.get_by_uuid', [uuid], RefText))
  const vdi = ref && (await unlessGone(call('VDI.get_record', [ref], VdiRecord)))
  if (!ref || !vdi) return undefined
  const maker = makerOf(vdi)
  const asItWas =
    maker?.jobId === jobId &&
    maker.owner === owner &&
    (vdi.is_a_snapshot || userdevice === MEMORY) &&
    vdi.managed &&
    !vdi.missing &&
    vdi.type !== 'cbt_metadata' &&
    vdi.virtual_size === size
  return asItWas ? { ref, cbt: vdi.cbt_enabled, sr: vdi.SR } : undefined
}
