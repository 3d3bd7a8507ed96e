import { XenkeepError } from './base.ts'

/** A run works on the replica; rounds and failovers never overlap. */
export class ReplicaBusyError extends XenkeepError {
  readonly code = 'REPLICA_BUSY'
  constructor(vmName: string, runId: string) {
    super(`The run ${runId} works on the standby of "${vmName}".`, {
      advice: 'Wait until it has ended ("xenkeep runs RUN --follow"), or cancel it, and try again.',
      retryable: true,
    })
  }
}

const PHASES: Record<string, string> = {
  'standing-by': 'it stands by',
  'failing-over': 'a failover was begun; repeat "xenkeep failover" to end it',
  active: 'it is the machine now; "xenkeep failback" brings it back',
  'failing-back': 'a failback was begun; repeat "xenkeep failback" to go on with it',
  stopped: 'its replication is stopped; "xenkeep replicate VM --resume" starts it again',
}

/** A test failover before the first round has ended. */
export class StandbyEmptyError extends XenkeepError {
  readonly code = 'STANDBY_EMPTY'
  constructor(vmName: string) {
    super(`The standby of "${vmName}" holds nothing yet, so there is nothing to try out.`, {
      advice:
        'Wait for its first round: "xenkeep replicate VM --now" begins one, "xenkeep replicas" shows when it has ended.',
      retryable: true,
    })
  }
}

/** What was asked for is not possible as the replica stands. */
export class ReplicaPhaseError extends XenkeepError {
  readonly code = 'REPLICA_PHASE'
  constructor(vmName: string, phase: string) {
    super(`That is not possible for the standby of "${vmName}" now: ${PHASES[phase] ?? phase}.`, {
      advice: '"xenkeep replicas" shows how every standby stands.',
    })
  }
}

/** The catalog knows no such replica. */
export class ReplicaNotFoundError extends XenkeepError {
  readonly code = 'REPLICA_NOT_FOUND'
  constructor(replicaId: string) {
    super(`There is no replica ${replicaId}.`, {
      advice: '"xenkeep replicas" lists them; "xenkeep replicate" defines one.',
    })
  }
}

/** The VM that would get a double was running when its gateway told last. */
export class SourceRunsError extends XenkeepError {
  readonly code = 'SOURCE_RUNS'
  constructor(vmName: string, minutes: number) {
    super(
      `"${vmName}" was running when its gateway told last, ${minutes < 1 ? 'less than a minute' : `${minutes} min`} ago; two of it could both write, and answer on the network.`,
      {
        advice:
          'Shut it down and wait until "xenkeep vms" shows that. If its site is lost, or it shall run twice, repeat with --force.',
      },
    )
  }
}

/** What runs may change while it is backed up, and that would be lost. */
export class StandbyRunsError extends XenkeepError {
  readonly code = 'STANDBY_RUNS'
  constructor(name: string) {
    super(
      `"${name}" is still running, so what it writes from now on would be lost by a failback.`,
      {
        advice: 'Shut it down, wait until "xenkeep vms" shows it as Halted, and repeat.',
      },
    )
  }
}
