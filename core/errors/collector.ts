import { XenkeepError } from './base.ts'

/** The garbage collector was about to remove packs that a point wants to rely on; the bytes to send them again are gone from memory. */
export class PacksCondemnedError extends XenkeepError {
  readonly code = 'PACKS_CONDEMNED'
  /** @param packs how many */
  constructor(packs: number) {
    super(
      `The recovery point was not made: ${packs} of the packs it relies on ${packs === 1 ? 'was' : 'were'} condemned by the garbage collector meanwhile.`,
      {
        advice:
          'Run the backup again: what is missing is sent anew then. Nothing was committed, earlier points are whole.',
        retryable: true,
      },
    )
  }
}

/** The point whose chunks were to be kept was deleted before the new one began. */
export class BaseDeletedError extends XenkeepError {
  readonly code = 'BASE_DELETED'
  constructor(pointId: string) {
    super(`The recovery point ${pointId}, on which this backup was to build, is deleted.`, {
      advice: 'Run the backup again: it builds on the newest point that is left.',
      retryable: true,
    })
  }
}

/** The name of the point was closed for ever: the point was deleted, or its job stood still for too long. */
export class PointClosedError extends XenkeepError {
  readonly code = 'POINT_CLOSED'
  constructor(pointId: string) {
    super(
      `No recovery point ${pointId} can be made any more: it was deleted, or its job stood still so long that it was given up.`,
      { advice: 'Run the backup again as a new job.' },
    )
  }
}

/** Only points can be deleted by name. */
export class NotARecoveryPointError extends XenkeepError {
  readonly code = 'NOT_A_RECOVERY_POINT'
  constructor(key: string) {
    super(`"${key}" names no recovery point, and nothing else is deleted on request.`, {
      advice: 'List the recovery points and choose one of them.',
    })
  }
}
