import { countText } from '../count-text.ts'
import { XenkeepError } from './base.ts'

/** The service that gives out storage credentials did not answer. */
export class GrantsUnavailableError extends XenkeepError {
  readonly code = 'GRANTS_UNAVAILABLE'
  constructor(what: string, cause?: unknown) {
    super(`AWS did not ${what} just now.`, {
      advice: 'It is tried again by itself; repeat a command of yours that ended so.',
      retryable: true,
      cause,
    })
  }
}

/** AWS refuses to give out storage credentials, or to end them: rights or roles of the deployment are not as they should be. */
export class GrantRefusedError extends XenkeepError {
  readonly code = 'GRANT_REFUSED'
  constructor(what: string, why: string, cause?: unknown) {
    super(`AWS refused to ${what}: ${why}.`, {
      advice:
        'Deploy the storage stack again and check that nobody changed the roles of gateways; no credentials were given out.',
      cause,
    })
  }
}

/** An administrator ended the trust in this gateway. */
export class GatewayRevokedError extends XenkeepError {
  readonly code = 'GATEWAY_REVOKED'
  constructor(gatewayId: string) {
    super(`The gateway ${gatewayId} was revoked by an administrator.`, {
      advice:
        'It does nothing any more. To have it work again, enrol it with a new one-time code ("xenkeep gateways enrol").',
    })
  }
}

/** Another gateway bears the name. */
export class GatewayNameTakenError extends XenkeepError {
  readonly code = 'GATEWAY_NAME_TAKEN'
  constructor(name: string) {
    super(`Another gateway is called "${name}".`, {
      advice: 'Choose a name of its own; "xenkeep gateways" lists those that are taken.',
    })
  }
}

/** No gateway has this id or name. */
export class GatewayNotFoundError extends XenkeepError {
  readonly code = 'GATEWAY_NOT_FOUND'
  constructor(wanted: string) {
    super(`There is no gateway "${wanted}".`, {
      advice: 'List the gateways with "xenkeep gateways" and use an id or a name from there.',
    })
  }
}

/** Too many wrong enrolment codes from one address. */
export class EnrolmentLimitedError extends XenkeepError {
  readonly code = 'ENROLMENT_LIMITED'
  constructor(minutes: number) {
    super(`Too many wrong enrolment codes came from this address.`, {
      advice: `Check the code, and try it again in ${countText(minutes, 'minute')}; the code may have to be made anew then.`,
      retryable: true,
    })
  }
}
/** A restore that nobody entitled has agreed to. */
export class ApprovalMissingError extends XenkeepError {
  readonly code = 'APPROVAL_MISSING'
  constructor(runId: string) {
    super(`The run ${runId} is not approved, so nothing is read for it.`, {
      advice: 'Have it approved with "xenkeep runs approve", or stop working on it.',
    })
  }
}

/** Who may not approve, or what cannot be approved. */
export class ApprovalRefusedError extends XenkeepError {
  readonly code = 'APPROVAL_REFUSED'
  constructor(why: string, advice: string) {
    super(`The run cannot be approved: ${why}.`, { advice })
  }
}
