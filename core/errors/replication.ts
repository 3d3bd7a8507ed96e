import { XenkeepError } from './base.ts'

/** There is nothing to write to a standby yet. */
export class NoPointToReplicateError extends XenkeepError {
  readonly code = 'NO_POINT_TO_REPLICATE'
  constructor(vmName: string) {
    super(`There is no readable recovery point of "${vmName}" to keep a standby from.`, {
      advice: 'Back the VM up; the next round of the replication takes its newest recovery point.',
    })
  }
}

/** Somebody started or changed the standby, so it may hold what nobody else has. */
export class StandbyChangedError extends XenkeepError {
  readonly code = 'STANDBY_CHANGED'
  constructor(name: string, why: string) {
    super(`The standby "${name}" was not written to: ${why}.`, {
      advice:
        'If it is in use, say so with "xenkeep failover". If nothing on it is needed, delete the VM with its disks and snapshots: the next round makes a new one.',
    })
  }
}

/** The pool has no standby of this replication. */
export class StandbyMissingError extends XenkeepError {
  readonly code = 'STANDBY_MISSING'
  constructor(vmName: string) {
    super(`The pool has no standby of "${vmName}".`, {
      advice:
        'Look whether somebody deleted it; a round of the replication makes a new one. Where a failover was begun, rounds wait until it is given up: "xenkeep replicate VM --resume".',
    })
  }
}

/** The standby has no such state to go back to. */
export class StateMissingError extends XenkeepError {
  readonly code = 'STATE_MISSING'
  constructor(pointId: string, known: readonly string[]) {
    super(
      `The standby keeps no state of the recovery point ${pointId}; it keeps ${known.join(', ') || 'none'}.`,
      { advice: 'Choose one of the states that "xenkeep replicas --json" lists.' },
    )
  }
}

/** What was read back from the standby is not what the point says. */
export class StandbyUnprovenError extends XenkeepError {
  readonly code = 'STANDBY_UNPROVEN'
  constructor(userdevice: string) {
    super(
      `Disk ${userdevice} of the standby was read back and is not what the recovery point says.`,
      {
        advice:
          'The next round reads back what the standby went back to, and makes a new one in full where that is wrong too. Run "xenkeep check".',
      },
    )
  }
}

/** The VM at the origin may hold what nobody else has. */
export class FailbackRefusedError extends XenkeepError {
  readonly code = 'FAILBACK_REFUSED'
  constructor(vmName: string, why: string, advice: string) {
    super(`"${vmName}" at the origin was not written to: ${why}.`, { advice })
  }
}

/** A failover did everything but the start. */
export class FailoverNotStartedError extends XenkeepError {
  readonly code = 'FAILOVER_NOT_STARTED'
  constructor(name: string, why: string) {
    super(`"${name}" is the machine now and no longer written to, but it did not start: ${why}`, {
      advice:
        'Remove what stands in the way and repeat "xenkeep failover", or start it in XenCenter.',
    })
  }
}
