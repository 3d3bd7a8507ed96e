import { XenkeepError } from './base.ts'

/** Nobody may work on the repository itself. */
export class NoMaintenanceGatewayError extends XenkeepError {
  readonly code = 'NO_MAINTENANCE_GATEWAY'
  /** @param so after "so" */
  constructor(so = 'nothing can be removed or verified') {
    super(`No enrolled gateway is marked for maintenance, so ${so}.`, {
      advice:
        'Choose the gateway that may do it, and mark it with "xenkeep gateways set NAME --maintenance".',
    })
  }
}

/** The store does not let this gateway remove anything. */
export class MaintenanceDeniedError extends XenkeepError {
  readonly code = 'MAINTENANCE_DENIED'
  constructor(address: string, cause: unknown) {
    super(`This gateway may not remove anything from the repository at ${address}.`, {
      advice:
        'Give it the rights of the maintenance role (docs/maintenance.md), or mark another gateway for maintenance.',
      cause,
    })
  }
}

/** Nobody has said where the second copy of the repository is. */
export class ReplicaUnknownError extends XenkeepError {
  readonly code = 'REPLICA_UNKNOWN'
  constructor() {
    super(
      'Neither the control plane nor this gateway knows where a second copy of the repository is, so nothing was compared.',
      {
        advice:
          'Name it as "repository.replica" in the context of the deployment or in settings.json of the gateway that does maintenance (docs/second-region.md), then "xenkeep maintenance --only compare".',
      },
    )
  }
}

/** There is one run over the whole repository at a time. */
export class MaintenanceRunningError extends XenkeepError {
  readonly code = 'MAINTENANCE_RUNNING'
  constructor(runId: string) {
    super(`The maintenance run ${runId} is still at work; a second one would do the same again.`, {
      advice: `Watch it with "xenkeep runs ${runId} --follow", or end it with "xenkeep cancel ${runId}".`,
    })
  }
}

/** In words: why nothing expires in a region that has taken over. */
export const notRemovedHere = (here: string, first: string): string =>
  `Nothing expires and no garbage is collected in ${here}: the copies of the repository here and in ${first} get each other's records, and two collectors would take those of the other for their own.`

/** After a take-over nothing is removed until the first region is active again. */
export class NotRemovedHereError extends XenkeepError {
  readonly code = 'NOT_REMOVED_HERE'
  constructor(here: string, first: string) {
    super(notRemovedHere(here, first), {
      advice: `Verify here if you like ("xenkeep maintenance --only verify"); the rest goes on by itself when ${first} is active again (docs/second-region.md).`,
    })
  }
}

/** Somebody wants to delete a point that has to stay. */
export class PointKeptError extends XenkeepError {
  readonly code = 'POINT_KEPT'
  constructor(pointId: string, because: string, advice: string) {
    super(`The recovery point ${pointId} was not deleted: ${because}`, { advice })
  }
}

/** A gateway asks for leave to remove what its job does not name. */
export class RemovalNotAskedForError extends XenkeepError {
  readonly code = 'REMOVAL_NOT_ASKED_FOR'
  constructor(jobId: string, pointId: string) {
    super(`The job ${jobId} does not ask for the removal of the recovery point ${pointId}.`, {
      advice: 'Nothing was removed. Report it with the log of the gateway.',
    })
  }
}
