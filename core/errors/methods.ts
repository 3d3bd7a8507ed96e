import type { Method } from '../contracts/methods.ts'
import { XenkeepError } from './base.ts'

const PROMISE: Record<Method, string> = {
  normal: 'as it is',
  quiesced: 'with its applications at rest',
  memory: 'with its memory',
  offline: 'offline',
}

const OTHERWISE =
  'Remove what stands in the way, choose another method, or allow a crash-consistent point with "--fallback crash"'
const SWITCH_OFF =
  'With "--fallback hard-shutdown" a guest that does not shut down is switched off.'

/** The method that was asked for cannot be had for this VM, and nothing weaker was allowed. */
export class MethodUnavailableError extends XenkeepError {
  readonly code = 'METHOD_UNAVAILABLE'
  /** One clause without a full stop. */
  readonly why: string
  constructor(vmName: string, method: Method, why: string, cause?: unknown) {
    super(`The VM "${vmName}" could not be backed up ${PROMISE[method]}: ${why}.`, {
      advice: method === 'offline' ? `${OTHERWISE}. ${SWITCH_OFF}` : `${OTHERWISE}.`,
      cause,
    })
    this.why = why
  }
}

/** A VM that was stopped for its backup or restore does not run again: somebody has to look at once. */
export class VmNotStartedError extends XenkeepError {
  readonly code = 'VM_NOT_STARTED'
  constructor(vmName: string, why: string, cause?: unknown) {
    super(`The VM "${vmName}" was stopped by XenKeep and does NOT run again: ${why}`, {
      advice:
        'Start it by hand now; the gateway also tries again by itself, after each job and every ten minutes.',
      retryable: false,
      cause,
    })
  }
}

/** The VMs cannot be one group. */
export class GroupUnsuitableError extends XenkeepError {
  readonly code = 'GROUP_UNSUITABLE'
  constructor(why: string) {
    super(`These VMs cannot be snapshotted together: ${why}.`, {
      advice: 'Name from 2 to 64 VMs of one pool, or start one run for each pool.',
    })
  }
}

/** A VM of the group could not be snapshotted, so no VM of the group is backed up. */
export class GroupFailedError extends XenkeepError {
  readonly code = 'GROUP_FAILED'
  /** @param retryable whether it passes by itself, and nobody was shut down or frozen for it in vain */
  constructor(why: string, cause?: unknown, retryable = false) {
    super(`The group was not backed up, because ${why}`, {
      advice:
        'Repair what the sentence names and run the group again, or let it go on without such VMs with "--together without".',
      retryable,
      cause,
    })
  }
}

/** The snapshot was removed while it was read, by a person or another program. */
export class SnapshotGoneError extends XenkeepError {
  readonly code = 'SNAPSHOT_GONE'
  constructor(vmName: string, cause?: unknown) {
    super(
      `The snapshot of the VM "${vmName}" was removed from the pool by somebody else while it was read.`,
      {
        advice:
          'Nothing of this attempt is left; run the backup again, and leave snapshots called "XenKeep …" alone while it runs.',
        cause,
      },
    )
  }
}
