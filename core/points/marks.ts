/**
 * Why an operation of a VM is blocked while a job of ours works on it. XenCenter shows this text, and after a crash we find
 * our own blocks again by it.
 */
export const blockReason = (jobId: string): string =>
  `XenKeep is backing up this VM (job ${jobId}); it can be moved again when the backup has ended.`

/** @returns the job that blocked with this reason; `undefined` for a reason that someone else gave */
export const blockingJob = (reason: string): string | undefined =>
  /^XenKeep is backing up this VM \(job ([0-9A-HJKMNP-TV-Z]{26})\);/.exec(reason)?.[1]

/** other_config key of a VM that we restored. It stays, to tell where the VM came from. */
export const RESTORED_TAG = 'xenkeep:restored'

/** Its value, as JSON. */
export interface RestoredMark {
  jobId: string
  pointId: string
  bytesWritten: number
}
