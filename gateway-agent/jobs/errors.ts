import { XenkeepError } from '#core/errors/base.ts'

/** The job names a pool that this gateway has no settings for. */
export class PoolUnknownError extends XenkeepError {
  readonly code = 'POOL_NOT_CONFIGURED'
  constructor(poolUuid: string) {
    super(`This gateway has no settings for the pool ${poolUuid}.`, {
      advice: 'Add the pool to the settings of the gateway and restart it.',
    })
  }
}

/** The repository does not have the point. */
export class PointGoneError extends XenkeepError {
  readonly code = 'POINT_NOT_FOUND'
  constructor(pointId: string, address: string) {
    super(`The repository at ${address} has no recovery point ${pointId} of this VM.`, {
      advice: 'List the points with "xenkeep points"; this one may have expired.',
    })
  }
}

/** What was read from the repository is not what the point says. Nothing of it stays on the pool. */
export class RestoreUnprovenError extends XenkeepError {
  readonly code = 'RESTORE_UNPROVEN'
  constructor(disk: string, expected: string, found: string) {
    super(
      `The content written for disk ${disk} has the root hash ${found.slice(0, 16)}…, not ${expected.slice(0, 16)}… as the recovery point says.`,
      {
        advice:
          'The restored VM was removed. Run "xenkeep check", then restore again or from another point.',
      },
    )
  }
}

/** A job for the agent in a guest came to a gateway. */
export class JobOfGuestError extends XenkeepError {
  readonly code = 'JOB_OF_GUEST'
  constructor(guestUuid: string) {
    super(`This job is for the agent in the guest ${guestUuid}, and this is a gateway.`, {
      advice: 'Enrol the agent of that guest anew; "xenkeep guests" shows which guests there are.',
    })
  }
}
