import { countText } from '../count-text.ts'
import { XenkeepError } from './base.ts'

const list = (names: readonly string[]): string => names.map(name => `"${name}"`).join(', ')

/** No VM of the inventory has this name or UUID. */
export class VmNotFoundError extends XenkeepError {
  readonly code = 'VM_NOT_FOUND'
  constructor(wanted: string, near: readonly string[] = []) {
    super(
      `There is no VM "${wanted}" in any pool that a gateway reported.${near.length > 0 ? ` Did you mean ${list(near)}?` : ''}`,
      { advice: 'List the VMs with "xenkeep vms" and use a name or UUID from there.' },
    )
  }
}

/** Several VMs carry this name. */
export class VmAmbiguousError extends XenkeepError {
  readonly code = 'VM_AMBIGUOUS'
  constructor(wanted: string, uuids: readonly string[]) {
    super(
      `${uuids.length} VMs are called "${wanted}": ${uuids.slice(0, 5).join(', ')}${uuids.length > 5 ? ' …' : ''}.`,
      { advice: 'Name the VM by its UUID instead.' },
    )
  }
}

/** The catalog knows no such run. */
export class RunNotFoundError extends XenkeepError {
  readonly code = 'RUN_NOT_FOUND'
  constructor(runId: string) {
    super(`There is no run ${runId}.`, { advice: 'List the runs with "xenkeep runs".' })
  }
}

/** The catalog knows no such job. */
export class JobNotFoundError extends XenkeepError {
  readonly code = 'JOB_NOT_FOUND'
  constructor(jobId: string) {
    super(`There is no job ${jobId}.`, {
      advice: 'Stop working on it: the control plane that gave it out no longer knows it.',
    })
  }
}

export class PointNotFoundError extends XenkeepError {
  readonly code = 'POINT_NOT_FOUND'
  constructor(pointId: string) {
    super(`There is no recovery point ${pointId} in the catalog.`, {
      advice:
        'List the points with "xenkeep points"; after the catalog was lost, wait until a gateway has read the repository again.',
    })
  }
}

/** No pool of the inventory has this UUID. */
export class PoolNotFoundError extends XenkeepError {
  readonly code = 'POOL_NOT_FOUND'
  constructor(poolUuid: string) {
    super(`No gateway reported a pool "${poolUuid}".`, {
      advice:
        'Check the name or UUID, and that the gateway of this pool is enrolled and running; "xenkeep vms" shows the pools that are known.',
    })
  }
}

/** The pool has no storage repository with this UUID. */
export class SrNotFoundError extends XenkeepError {
  readonly code = 'SR_NOT_FOUND'
  constructor(srUuid: string, poolName: string) {
    super(`The pool "${poolName}" has no storage repository "${srUuid}".`, {
      advice: 'Name a storage repository of that pool, or none to use its default.',
    })
  }
}

/** Nobody there to do the work. */
export class GatewaySilentError extends XenkeepError {
  readonly code = 'GATEWAY_SILENT'
  constructor(what: string) {
    super(what, {
      advice:
        'Start the gateway of this pool and check that it reaches the pool and the control plane; "xenkeep vms" warns of pools that do not answer.',
      retryable: true,
    })
  }
}

/** The caller holds an older lease than the job's last one: somebody else works on it, or did. */
export class EpochOutdatedError extends XenkeepError {
  readonly code = 'EPOCH_OUTDATED'
  constructor(jobId: string) {
    super(`The lease on job ${jobId} is not yours any more.`, {
      advice:
        'Stop working on it and clean up; whoever leased it since goes on from the same job id.',
    })
  }
}

/** A result that cannot be one of this job. */
export class OutcomeMismatchError extends XenkeepError {
  readonly code = 'OUTCOME_MISMATCH'
  constructor(jobId: string, why: string) {
    super(`The outcome told for job ${jobId} does not fit it: ${why}.`, {
      advice: 'This is a mistake in the gateway agent, or another version of it: report it.',
    })
  }
}

/** The control plane will never take an outcome as it is told, so this is told in its place. */
export class OutcomeRefusedError extends XenkeepError {
  readonly code = 'OUTCOME_REFUSED'
  constructor(status: string, cause: XenkeepError) {
    super(
      `The work was done ("${status}"), but the control plane does not take its outcome: ${cause.message}`,
      {
        advice:
          'Bring gateway and control plane to the same version. A recovery point that was made is in the repository, and listed when the gateway tells of it.',
        cause,
      },
    )
  }
}

/** The job was given out again and again and never came back. */
export class JobGivenUpError extends XenkeepError {
  readonly code = 'JOB_GIVEN_UP'
  constructor(attempts: number) {
    super(
      `The job was started ${countText(attempts, 'time')} and no gateway ever reported a result.`,
      {
        advice: 'Look at the log of the gateway for what ended it, then start the backup again.',
      },
    )
  }
}

/** The workflow ended (stopped by someone, out of time) while the job was still open. */
export class WorkflowInterruptedError extends XenkeepError {
  readonly code = 'WORKFLOW_INTERRUPTED'
  constructor(why: string) {
    super(`The workflow of this run ended before its job did: ${why}.`, {
      advice: 'Start the run again.',
    })
  }
}

/** A run has ended, and what it came to stands. */
export class RunEndedError extends XenkeepError {
  readonly code = 'RUN_ENDED'
  constructor(runId: string, state: string) {
    super(
      state === 'waiting'
        ? `The run ${runId} waits for somebody to agree, and has not begun.`
        : `The run ${runId} has ended (${state}); there is nothing left to go on with.`,
      {
        advice:
          state === 'waiting'
            ? 'Approve it with "xenkeep runs approve RUN".'
            : 'Start a new run; backups send only what is not stored yet.',
      },
    )
  }
}

/** There is nothing in the run that could be done again, or it is not the place to ask for that. */
export class RetryRefusedError extends XenkeepError {
  readonly code = 'RETRY_REFUSED'
  /** @param why after "cannot be tried again: " */
  constructor(runId: string, why: string, advice: string) {
    super(`The run ${runId} cannot be tried again: ${why}.`, { advice })
  }
}

/** Points of another repository than the one this control plane writes to. */
export class RepositoryMismatchError extends XenkeepError {
  readonly code = 'REPOSITORY_MISMATCH'
  constructor(told: string, known: string) {
    super(`The gateway speaks of repository ${told}, but this control plane uses ${known}.`, {
      advice:
        'Check the repository address in the settings: the gateway seems to see another directory or bucket.',
    })
  }
}

/** The control plane has no such gateway, or has revoked it. */
export class GatewayUnknownError extends XenkeepError {
  readonly code = 'GATEWAY_UNKNOWN'
  constructor(gatewayId: string) {
    super(`The control plane does not know the gateway ${gatewayId}, or has revoked it.`, {
      advice: 'Enrol the gateway again with a new one-time code.',
    })
  }
}

/** Wrong, used or outdated one-time code. Which of them is not told. */
export class EnrolmentCodeInvalidError extends XenkeepError {
  readonly code = 'ENROLMENT_CODE_INVALID'
  constructor() {
    super('This enrolment code is wrong, was used before, or is older than ten minutes.', {
      advice: 'Ask for a new code and use it at once.',
    })
  }
}
