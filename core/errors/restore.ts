import { XenkeepError } from './base.ts'

/** The request asks for what contradicts itself. */
export class RestoreRequestError extends XenkeepError {
  readonly code = 'RESTORE_REQUEST'
  constructor(why: string) {
    super(`This restore cannot be asked for: ${why}.`, {
      advice: '"xenkeep restore --help" tells what goes together.',
    })
  }
}

/** A disk or an interface that the request names is not in the point. */
export class RestoreNoSuchPartError extends XenkeepError {
  readonly code = 'RESTORE_NO_SUCH_PART'
  constructor(what: string, there: readonly string[]) {
    super(`The recovery point has no ${what}; it has ${there.join(', ') || 'none at all'}.`, {
      advice: 'Name a disk by its userdevice or VDI UUID, an interface by its device number.',
    })
  }
}

/** The VM that a restored disk should be attached to cannot take it; told before anything is written. */
export class DiskNotAttachableError extends XenkeepError {
  readonly code = 'DISK_NOT_ATTACHABLE'
  constructor(vm: string, why: string) {
    super(`No disk can be attached to "${vm}": ${why}.`, {
      advice: 'Name another VM, or leave --attach-to out and attach the disk when it is restored.',
    })
  }
}

/** The VM cannot go on from the memory of the point; told before anything is written. */
export class MemoryNotResumableError extends XenkeepError {
  readonly code = 'MEMORY_NOT_RESUMABLE'
  constructor(why: string) {
    super(`The VM cannot go on from the memory of the recovery point: ${why}.`, {
      advice:
        'Without --resume the machine is restored all the same and starts as after a power cut.',
    })
  }
}

/** A network that an interface should be on is not in the pool, or could be one of several. */
export class RestoreNetworkError extends XenkeepError {
  readonly code = 'RESTORE_NETWORK'
  constructor(device: string, network: string, count: number) {
    super(
      `Network interface ${device} cannot be put on "${network}": the pool has ${count === 0 ? 'no such network' : `${count} networks of that name`}.`,
      {
        advice: `Name another one by its UUID (--network ${device}=UUID), or leave the interface out (--network ${device}=none).`,
      },
    )
  }
}

/** A storage repository has too little room for the disks; told before anything is written. */
export class SrTooSmallError extends XenkeepError {
  readonly code = 'SR_TOO_SMALL'
  constructor(name: string, needed: string, free: string) {
    super(`The storage repository "${name}" has ${free} free, and the disks need ${needed}.`, {
      advice: 'Free some space there, or name another storage repository (--sr).',
    })
  }
}

/** A VM of the same UUID is in the pool, and nobody consented to replacing it. */
export class VmUuidTakenError extends XenkeepError {
  readonly code = 'VM_UUID_TAKEN'
  constructor(name: string, uuid: string, what = 'VM') {
    super(`The pool has the ${what} "${name}" with the UUID ${uuid}.`, {
      advice:
        what === 'VM'
          ? 'Add --replace to put the restored VM in its place, or restore as a new VM.'
          : 'Restore as a new VM.',
    })
  }
}

/** Another VM has the seed that the MAC addresses of the restored one are made of, and XenServer refuses two of a kind. */
export class RestoreConflictError extends XenkeepError {
  readonly code = 'RESTORE_CONFLICT'
  constructor(name: string, uuid: string) {
    super(
      `The VM "${name}" (${uuid}) is a copy with the same seed of MAC addresses, so XenServer would refuse the restored one.`,
      {
        advice:
          'Remove the copy or the key "mac_seed" of its other_config, or restore as a new VM.',
      },
    )
  }
}

/** The VM that would be replaced or written into is not switched off, and nobody consented to shutting it down. */
export class VmRunsError extends XenkeepError {
  readonly code = 'VM_RUNS'
  constructor(name: string, state: string) {
    super(`The VM "${name}" is ${state.toLowerCase()}; it has to be off for this.`, {
      advice: 'Shut it down yourself, or add --shut-down to have it done.',
    })
  }
}

/** The VM was made for newer hosts than the pool has. */
export class VmTooNewError extends XenkeepError {
  readonly code = 'VM_TOO_NEW'
  constructor(needs: number, has: number) {
    super(
      `The VM needs virtual hardware of version ${needs}, and the hosts of the pool offer ${has} at most.`,
      { advice: 'Restore into a pool with newer hosts, or update the hosts first.' },
    )
  }
}

/** The VM does not have a disk that should be written into, or has it in another size. */
export class DiskMismatchError extends XenkeepError {
  readonly code = 'DISK_MISMATCH'
  constructor(userdevice: string, why: string) {
    super(`Disk ${userdevice} of the recovery point cannot be written into the VM: ${why}.`, {
      advice: 'Restore with the same identity (--identity same --replace), or as a new VM.',
    })
  }
}
