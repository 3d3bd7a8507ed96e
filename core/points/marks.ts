/** other_config key of a VM that we restored. It stays, to tell where the VM came from. */
export const RESTORED_TAG = 'xenkeep:restored'

/** Its value, as JSON. */
export interface RestoredMark {
  /** The VM's own UUID, since XenServer copies `other_config` into clones. */
  vmUuid: string
  jobId: string
  pointId: string
  bytesWritten: number
}
