import { XenkeepError } from '#core/errors/base.ts'

/** The file with the gateway's key is there and cannot be used. A new key would make it another gateway, so we stop. */
export class IdentityUnreadableError extends XenkeepError {
  readonly code = 'IDENTITY_UNREADABLE'
  constructor(file: string, cause: unknown) {
    super(`The identity of this gateway cannot be read from ${file}.`, {
      advice:
        'Give the user that runs the gateway access to the file, restore it from a copy, or remove it to enrol as a new gateway.',
      cause,
    })
  }
}

/** `key-change.json` beside the identity is damaged or belongs to somebody else. */
export class KeyChangeUnreadableError extends XenkeepError {
  readonly code = 'KEY_CHANGE_UNREADABLE'
  constructor(file: string, cause: unknown) {
    super(`What this gateway noted of the last change of its key cannot be read from ${file}.`, {
      advice:
        'Its identity is not touched, and its jobs go on. Give the user that runs the gateway access to the file, or restore it from the same copy as identity.json. Where there is none and its calls are taken, move the file away: the next change begins anew. Where they are refused (TOKEN_INVALID), revoke the gateway and enrol it anew.',
      cause,
    })
  }
}

/** The control plane takes neither the key of this gateway nor the one before. */
export class KeyRefusedError extends XenkeepError {
  readonly code = 'GATEWAY_KEY_REFUSED'
  constructor() {
    super('The control plane takes neither the key of this gateway nor the one before.', {
      advice:
        'If neither this machine nor the catalog was restored from an old copy, somebody else may have changed the key: look for "changeKey" in "xenkeep audit list", and revoke the gateway. To have it work again, move "identity.json" and "key-change.json" out of the folder "gateway" of its data directory and enrol it anew.',
    })
  }
}

/** The job was asked to stop by a person. */
export class JobCancelledError extends XenkeepError {
  readonly code = 'JOB_CANCELLED'
  constructor() {
    super('The job was cancelled.', { advice: 'Start it again when it is wanted.' })
  }
}

/** The control plane gave the job to someone else, or does not know it any more: whatever we find out does not count. */
export class LeaseLostError extends XenkeepError {
  readonly code = 'LEASE_LOST'
  constructor(cause: unknown) {
    super('The job was given to another gateway in the meantime.', {
      advice: 'Nothing needs to be done; the other gateway goes on with it.',
      cause,
    })
  }
}

/** This process ends. Its jobs go on when it is back, under the same ids. */
export class AgentStoppingError extends XenkeepError {
  readonly code = 'AGENT_STOPPING'
  constructor() {
    super('The gateway agent is stopping.', {
      advice: 'Nothing needs to be done; the job goes on when the agent is back.',
      retryable: true,
    })
  }
}

/** The control plane is newer, and asks for what this gateway has never heard of. */
export class JobUnreadableError extends XenkeepError {
  readonly code = 'JOB_UNREADABLE'
  constructor(kind: string) {
    super(
      `This gateway cannot read the job ("${kind}"): the control plane is of a later version.`,
      {
        advice: 'Bring the gateway to the version of the control plane, then start the run again.',
      },
    )
  }
}
