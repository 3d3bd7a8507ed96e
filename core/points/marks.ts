/** other_config key of a VM that we restored. It stays, to tell where the VM came from. */
export const RESTORED_TAG = 'xenkeep:restored'

/** Its value, as JSON. */
export interface RestoredMark {
  jobId: string
  pointId: string
  bytesWritten: number
}
