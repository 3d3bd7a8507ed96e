/**
 * How we know our own objects. XenServer copies `other_config` into snapshots, clones and reverted disks, so the job's
 * tag alone proves nothing: an object is ours only if it also bears its own UUID, or still the unfinished name.
 */

/** other_config key: the job that made the object (a ULID). */
export const JOB_TAG = 'xenkeep:job'
/** other_config key: the object's own UUID. */
export const SELF_TAG = 'xenkeep:uuid'
/** other_config key of a VDI that serves as CBT base of a committed point: the UUID of the VM. */
export const BASE_TAG = 'xenkeep:base'

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const UNFINISHED = '[XenKeep unfinished] '

/** name_label of whatever a job is still making. */
export const unfinishedName = (jobId: string): string => `${UNFINISHED}${jobId}`

/** @returns the job that made a VM or VDI, or undefined where it is not ours */
export const jobOf = (record: {
  uuid: string
  name_label: string
  other_config: Record<string, string>
}): string | undefined => {
  const { uuid, name_label: name, other_config: config } = record
  const jobId = config[JOB_TAG]
  if (jobId !== undefined && ULID.test(jobId))
    return config[SELF_TAG] === uuid || name === unfinishedName(jobId) ? jobId : undefined
  // A snapshot between its birth and its first tag has nothing but its name.
  const named = name.startsWith(UNFINISHED) ? name.slice(UNFINISHED.length) : ''
  return ULID.test(named) ? named : undefined
}
