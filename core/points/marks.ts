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

/** The same on a disk that was restored without a VM, as JSON. */
export interface RestoredDiskMark {
  /** The VDI's own UUID, since XenServer copies `other_config` into snapshots. */
  vdiUuid: string
  jobId: string
  pointId: string
  /** UUID of the VDI that was backed up. */
  disk: string
  bytesWritten: number
}

/** @returns `config` without our marks: they say something about the original only, and would make the copy ours */
export const withoutMarks = (config: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !key.startsWith('xenkeep:')))

/** Who made an object in a pool. Several installations of XenKeep may work on one pool; each removes only its own. */
export interface Maker {
  /** ULID of the job. */
  jobId: string
  /** The installation, as {@link ownerOf} names it. */
  owner: string
}

/**
 * An installation is its repository: that outlives machines, gateways and catalogs.
 * @param repositoryId 32 hexadecimal digits
 */
export const ownerOf = (repositoryId: string): string => repositoryId.slice(0, 12)

const MAKER = '([0-7][0-9A-HJKMNP-TV-Z]{25})@([0-9a-f]{12})'
const MARK = new RegExp(`^${MAKER}$`)
const UNFINISHED = new RegExp(`^\\[XenKeep unfinished\\] ${MAKER}$`)
const BLOCK = new RegExp(`^XenKeep job ${MAKER} reads this VM$`)

const makerIn = (text: string | undefined, pattern: RegExp): Maker | undefined => {
  const [, jobId, owner] = pattern.exec(text ?? '') ?? []
  return jobId && owner ? { jobId, owner } : undefined
}

/** The mark in `other_config`. */
export const markOf = ({ jobId, owner }: Maker): string => `${jobId}@${owner}`
/** @returns the maker, where the text is a mark; a mark without an installation is nobody's */
export const makerOfMark = (mark: string | undefined): Maker | undefined => makerIn(mark, MARK)

/** other_config key of a VM that a job is about to stop: whoever finds it sees to it that the VM runs again. */
export const STOPPED_TAG = 'xenkeep:start-again'

/** name_label of whatever a job is still making. */
export const unfinishedName = (maker: Maker): string => `[XenKeep unfinished] ${markOf(maker)}`
/** @returns the maker, where the name is an unfinished one */
export const makerOfName = (name: string): Maker | undefined => makerIn(name, UNFINISHED)

/** Why an operation of a VM is blocked while a job reads it. XenCenter shows this text. */
export const blockReason = (maker: Maker): string => `XenKeep job ${markOf(maker)} reads this VM`
/** @returns the maker, where the reason is that of a job */
export const makerOfBlock = (reason: string | undefined): Maker | undefined =>
  makerIn(reason, BLOCK)

/** other_config key of a VM that stands by for another, as JSON: {@link StandbyMark}. */
export const STANDBY_TAG = 'xenkeep:standby'
/** other_config key of a snapshot that is a state of a standby, as JSON: {@link StateMark}. */
export const STATE_TAG = 'xenkeep:state'

/** The reason that XenCenter shows where somebody wants to start a standby. */
export const standbyReason = (vmName: string): string =>
  `XenKeep keeps this VM as the standby of "${vmName}". Start it with "xenkeep failover", or the next round could not tell what it holds.`

/** Blocks of a standby are its own: a copy of it that is restored is no standby. */
export const withoutStandbyBlocks = (blocked: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(blocked).filter(
      ([, reason]) => !reason.startsWith('XenKeep keeps this VM as the standby of '),
    ),
  )
