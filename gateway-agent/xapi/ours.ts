/**
 * How we know our own objects. XenServer copies `other_config` into snapshots, clones and reverted disks, so the job's
 * tag alone proves nothing: an object is ours only if it also bears its own UUID, or still the unfinished name.
 */
import { type Maker, makerOfMark, makerOfName } from '#core/points/marks.ts'

/** other_config key: the job that made the object, and for which installation. */
export const JOB_TAG = 'xenkeep:job'
/** other_config key: the object's own UUID. */
export const SELF_TAG = 'xenkeep:uuid'
/** other_config key of a VDI that serves as CBT base of a committed point: the UUID of the VM. */
export const BASE_TAG = 'xenkeep:base'

interface Marked {
  uuid: string
  name_label: string
  other_config: Record<string, string>
}

/** @returns who made a VM or VDI, or undefined where no XenKeep did */
export const makerOf = ({ uuid, name_label, other_config }: Marked): Maker | undefined => {
  const tagged = other_config[SELF_TAG] === uuid ? makerOfMark(other_config[JOB_TAG]) : undefined
  // A snapshot between its birth and its own tag has nothing but its name, and tags of what it was made of.
  return tagged ?? makerOfName(name_label)
}

/** Whether a job of this installation made the object: only such objects are ever changed or removed. */
export const isOf = (owner: string, record: Marked): boolean => makerOf(record)?.owner === owner
