import { XenkeepError } from './base.ts'

const listed = (reasons: readonly string[]): string => reasons.join(' ')

/** The recovery point holds no recovery information of a machine. */
export class RecoveryInformationMissingError extends XenkeepError {
  readonly code = 'RECOVERY_INFORMATION_MISSING'
  constructor(pointId: string, cause?: unknown) {
    super(
      cause === undefined
        ? `The recovery point ${pointId} holds no recovery information of a Linux machine.`
        : `The recovery information in the point ${pointId} cannot be understood.`,
      {
        advice:
          'Choose a point that an agent made with the recipe "linux-system". Files alone come back by "xenkeep tree restore".',
        cause,
      },
    )
  }
}

/** The machine has something that we do not make anew. */
export class MachineNotRecoverableError extends XenkeepError {
  readonly code = 'MACHINE_NOT_RECOVERABLE'
  /** @param reasons sentences */
  constructor(hostname: string, reasons: readonly string[]) {
    super(`XenKeep cannot make the machine "${hostname}" anew on empty disks. ${listed(reasons)}`, {
      advice:
        'Install a system by its own means, or make disks and file systems by hand, and bring the files back with "xenkeep tree restore"; machine.json of the point tells how they were.',
    })
  }
}

/** Not as many disks were named as the machine had. */
export class RecoveryDisksMismatchError extends XenkeepError {
  readonly code = 'RECOVERY_DISKS_MISMATCH'
  /** @param had texts such as `sda (40 GiB)` */
  constructor(had: readonly string[], named: number) {
    super(
      `The machine had its system on ${had.length === 1 ? 'one disk' : `${had.length} disks`}, ${had.join(', ')}, and ${named} ${named === 1 ? 'was' : 'were'} named.`,
      { advice: 'Name one empty disk for each, in this order, and none twice.' },
    )
  }
}

/** A disk is too small, or its sectors are others. */
export class RecoveryDiskUnfitError extends XenkeepError {
  readonly code = 'RECOVERY_DISK_UNFIT'
  /** @param why the end of the sentence, with its full stop */
  constructor(disk: string, why: string) {
    super(`The disk ${disk} cannot take what was on its predecessor: ${why}`, {
      advice:
        'Nothing was changed. Choose a disk at least as large, with sectors of the same size.',
    })
  }
}

/** Something is on a disk that has to be empty. */
export class RecoveryDiskTakenError extends XenkeepError {
  readonly code = 'RECOVERY_DISK_TAKEN'
  /** @param what `a partition table (gpt)`, and so on */
  constructor(disk: string, what: string) {
    super(`The disk ${disk} is not empty: it holds ${what}.`, {
      advice: `Nothing was changed. If all that is on it may be lost (also where a recovery was cut off there), say so: --overwrite ${disk}`,
    })
  }
}

/** Something works with the disk. */
export class RecoveryDiskInUseError extends XenkeepError {
  readonly code = 'RECOVERY_DISK_IN_USE'
  constructor(disk: string, by: string) {
    super(`The disk ${disk} is in use: ${by}.`, {
      advice:
        'Nothing was changed. Unmount what is mounted from it, switch swap, LVM and RAID on it off ("lsblk" shows them), or choose another disk.',
    })
  }
}

/** It is no disk, or cannot be opened. */
export class RecoveryDiskUnusableError extends XenkeepError {
  readonly code = 'RECOVERY_DISK_UNUSABLE'
  constructor(disk: string, why: string, cause?: unknown) {
    super(`${disk} cannot be used as a disk: ${why}.`, {
      advice:
        'Name a block device such as /dev/vda, or a file that is as large as the disk is to be: truncate --size 40G disk.img',
      cause,
    })
  }
}

/** The machine ran on another architecture than this one. */
export class RecoveryArchitectureError extends XenkeepError {
  readonly code = 'RECOVERY_ARCHITECTURE'
  constructor(was: string, here: string) {
    super(
      `The machine was ${was}, and this one is ${here}: what is recovered would not start here.`,
      {
        advice: `Run the recovery from a rescue system on ${was}.`,
      },
    )
  }
}

/** Programs that a recovery needs are not installed here. */
export class RecoveryToolsMissingError extends XenkeepError {
  readonly code = 'RECOVERY_TOOLS_MISSING'
  constructor(tools: readonly string[], packages: readonly string[]) {
    super(
      `${tools.length === 1 ? 'A program is' : 'Programs are'} missing here: ${tools.join(', ')}.`,
      {
        advice: `Nothing was changed. On Debian: apt-get install ${packages.join(' ')}`,
      },
    )
  }
}

/** It takes root. */
export class RecoveryNeedsRootError extends XenkeepError {
  readonly code = 'RECOVERY_NEEDS_ROOT'
  constructor() {
    super('A machine is made anew by root only: it takes disks, mounts and owners.', {
      advice: 'Run the command as root on Linux; --dry-run shows what it would do.',
    })
  }
}

/** A program that makes a disk or a file system failed. */
export class RecoveryStepFailedError extends XenkeepError {
  readonly code = 'RECOVERY_STEP_FAILED'
  constructor(step: string, said: string, cause?: unknown) {
    super(`The recovery ended where it ${step}: ${said}`, {
      advice:
        'The disk is not whole. Mend what it complains of and run the command again with --overwrite: it begins anew. Nothing stays mounted.',
      cause,
    })
  }
}
