import { z } from 'zod'
import type { Ref, Xapi } from '../api.ts'
import { RefText, VbdRecord, VdiRecord, VmRecord } from '../records.ts'
import { disksOf, unlessGone } from '../vms.ts'
import type { SafetySnapshot } from './safety-label.ts'

/**
 * Disks of a replaced VM that the recovery point does not have (excluded from backups, or added since) hang on no VM now: they go to the
 * restored one, where their place is free. Which they are tells the snapshot that was taken of the replaced VM.
 * @returns what became of them, one sentence each
 */
export const reattachOthers = async (
  xapi: Xapi,
  vm: Ref,
  { ref, label }: SafetySnapshot,
): Promise<string[]> => {
  const snapshot = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
  if (!snapshot) return []
  const restored = await xapi.call('VM.get_record', [vm], VmRecord)
  const taken = new Set<string>()
  for (const vbd of restored.VBDs)
    taken.add((await xapi.call('VBD.get_record', [vbd], VbdRecord)).userdevice)
  const notes: string[] = []
  for (const { vbd, vdi } of await disksOf(xapi, snapshot)) {
    const live = await unlessGone(xapi.call('VDI.get_record', [vdi.snapshot_of], VdiRecord))
    if (!live || label.replaced.includes(live.uuid)) continue
    const users = await xapi.call('VDI.get_VBDs', [vdi.snapshot_of], z.array(RefText))
    if (users.length > 0) continue
    if (taken.has(vbd.userdevice)) {
      notes.push(
        `The disk "${live.name_label}" (${live.uuid}) is not in the recovery point; it is kept, attached to nothing, since its place is taken.`,
      )
      continue
    }
    const { userdevice, bootable, mode, unpluggable, other_config } = vbd
    const { qos_algorithm_type, qos_algorithm_params } = vbd
    const record = {
      ...{ VM: vm, VDI: vdi.snapshot_of, userdevice, bootable, mode, type: 'Disk', empty: false },
      ...{ unpluggable, other_config, qos_algorithm_type, qos_algorithm_params },
    }
    await xapi.call('VBD.create', [record], RefText)
    notes.push(
      `The disk "${live.name_label}" is not in the recovery point; it was attached again as it is.`,
    )
  }
  return notes
}
