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

/** @returns `config` without our marks: they say something about the original only, and would make the copy ours */
export const withoutMarks = (config: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !key.startsWith('xenkeep:')))

/** Why an operation of a VM is blocked while a job of ours reads it. XenCenter shows this text. */
export const blockReason = (jobId: string): string => `XenKeep job ${jobId} reads this VM`

/** @returns the job, where the reason is one of ours */
export const jobOfBlock = (reason: string): string | undefined =>
  /^XenKeep job (\S{26}) reads this VM$/.exec(reason)?.[1]
