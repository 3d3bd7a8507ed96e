import { z } from 'zod'
import type { Maker } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../api.ts'
import { makerOf } from '../ours.ts'
import { Strings, type VmRecord } from '../records.ts'
import { VoidAnswer } from '../void-answer.ts'

/** other_config key of a snapshot that holds the state of a VM from before a restore touched it. */
export const SAFETY_TAG = 'xenkeep:safety'

const Label = z.object({
  /** The snapshot's own UUID: a revert copies `other_config` to the VM, and the next snapshot takes it from there. */
  snapshotUuid: z.string(),
  vmUuid: z.string(),
  vmName: z.string(),
  /** The VM has to run again, whatever becomes of the restore. */
  wasRunning: z.boolean(),
  /** `replace`: the VM makes room for the restored one. `write`: its disks are good as they are. `writing`: they are being written. */
  purpose: z.enum(['replace', 'write', 'writing']),
  /** The snapshot is to stay when all is written and proven: whoever finds it then leaves it to the VM. Set from the start only for `replace`. */
  keep: z.boolean().optional(),
  /** UUIDs of its disks that the recovery point has, and of those that it does not have. */
  replaced: z.array(z.string()),
  others: z.array(z.string()),
})
export type SafetyLabel = z.infer<typeof Label>

export interface SafetySnapshot {
  ref: Ref
  /** The job that took it. */
  maker: Maker
  label: SafetyLabel
}

/** In one call: a snapshot that lost its label for a moment would be taken for a leftover without meaning. */
export const writeLabel = async (xapi: Xapi, ref: Ref, label: SafetyLabel): Promise<void> => {
  const config = await xapi.call('VM.get_other_config', [ref], Strings)
  const labelled = { ...config, [SAFETY_TAG]: JSON.stringify(label) }
  await xapi.call('VM.set_other_config', [ref, labelled], VoidAnswer)
}

/** @returns the safety snapshot that a record is, or nothing for any other object */
export const safetySnapshotOf = (ref: Ref, record: VmRecord): SafetySnapshot | undefined => {
  const maker = record.is_a_snapshot ? makerOf(record) : undefined
  if (!maker) return undefined
  try {
    const label = Label.safeParse(JSON.parse(record.other_config[SAFETY_TAG] ?? '')).data
    return label?.snapshotUuid === record.uuid ? { ref, maker, label } : undefined
  } catch {
    return undefined
  }
}
