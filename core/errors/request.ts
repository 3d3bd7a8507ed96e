import { XenkeepError } from './base.ts'

/** The request does not match the schema of its route. */
export class RequestInvalidError extends XenkeepError {
  readonly code = 'REQUEST_INVALID'
  constructor(why: string) {
    super(`The request is not valid: ${why}`, {
      advice: 'Correct the named member; the API documentation lists what each call takes.',
    })
  }
}

/** A key that was sent with another request before. */
export class IdempotencyKeyReusedError extends XenkeepError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED'
  constructor() {
    super('Another request was sent under the same idempotency key before.', {
      advice: 'Send a new key with each new request, and the same one only with the same request.',
    })
  }
}

/** The body of a request is larger than the API takes. */
export class BodyTooLargeError extends XenkeepError {
  readonly code = 'BODY_TOO_LARGE'
  constructor(limit: number) {
    super(`The body of the request is larger than the ${limit} bytes that this call takes.`, {
      advice: 'Send less at once: fewer items in each call.',
    })
  }
}

/** The API has no such path. */
export class RouteUnknownError extends XenkeepError {
  readonly code = 'ROUTE_UNKNOWN'
  constructor(path: string) {
    super(`There is nothing at ${path.slice(0, 200)}.`, {
      advice: 'Check the address, and that both programs have the same version.',
    })
  }
}

/** The path exists, with another HTTP method. */
export class MethodNotAllowedError extends XenkeepError {
  readonly code = 'METHOD_NOT_ALLOWED'
  readonly allowed: readonly string[]
  constructor(method: string, path: string, allowed: readonly string[]) {
    super(
      `${method.slice(0, 20)} is not a way to call ${path.slice(0, 200)}; it takes ${allowed.join(' or ')}.`,
      { advice: 'Check that both programs have the same version.' },
    )
    this.allowed = allowed
  }
}

/** No token, or one that proves nothing for this call. */
export class TokenInvalidError extends XenkeepError {
  readonly code = 'TOKEN_INVALID'
  constructor(why: string, cause?: unknown) {
    super(`The call is not authorised: ${why}.`, {
      advice: 'Sign in again, or check that the caller uses the key it was enrolled with.',
      cause,
    })
  }
}

/** A call that asks for a higher role than its caller has. */
export class RoleInsufficientError extends XenkeepError {
  readonly code = 'ROLE_INSUFFICIENT'
  constructor(name: string, role: string, needed: string, what = 'This call') {
    super(`${what} takes the role ${needed}; "${name.slice(0, 200)}" has the role ${role}.`, {
      advice: 'Ask an administrator to do it, or to give you the role.',
    })
  }
}

/** The two clocks disagree by more than we may forgive. */
export class ClockSkewError extends XenkeepError {
  readonly code = 'CLOCK_SKEW'
  constructor(seconds: number) {
    super(
      `The clock of the gateway is ${Math.abs(seconds)} seconds ${seconds > 0 ? 'ahead of' : 'behind'} the control plane's.`,
      { advice: 'Synchronise both clocks (NTP); the gateway goes on by itself afterwards.' },
    )
  }
}

/** A gateway's token came a second time. */
export class TokenReplayedError extends XenkeepError {
  readonly code = 'TOKEN_REPLAYED'
  constructor() {
    super('This token was used before; each is good for one call.', {
      advice: 'Sign a new token for each call, also when a call is repeated.',
    })
  }
}

/** A gateway that calls for another one. */
export class ForeignGatewayError extends XenkeepError {
  readonly code = 'GATEWAY_FOREIGN'
  constructor() {
    super('A gateway may only speak for itself.', {
      advice: 'This is a mistake in the caller: report it.',
    })
  }
}

/** A request by kind (all templates, all hosts) found nothing of that kind. */
export class NothingToBackUpError extends XenkeepError {
  readonly code = 'NOTHING_TO_BACK_UP'
  constructor() {
    super('No pool that a gateway reported has anything of what was asked for.', {
      advice:
        'See with "xenkeep vms" and "xenkeep vms --templates" what there is; templates that come with XenServer are not backed up.',
    })
  }
}
