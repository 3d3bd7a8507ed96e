import { XenkeepError } from './base.ts'

/** Nobody answers at the control plane's address. */
export class ControlPlaneUnreachableError extends XenkeepError {
  readonly code = 'CONTROL_PLANE_UNREACHABLE'
  constructor(baseUrl: string, cause?: unknown) {
    super(`The control plane at ${baseUrl} does not answer.`, {
      advice: 'Start it with "xenkeep up", or check the address and the network.',
      retryable: true,
      cause,
    })
  }
}

/** More calls than the control plane takes at once, or no answer from a part of it. */
export class ControlPlaneBusyError extends XenkeepError {
  readonly code = 'CONTROL_PLANE_BUSY'
  /** How long it asks to be left alone, ms; it need not say. */
  readonly retryAfterMs: number | undefined
  constructor(baseUrl: string, { retryAfterMs }: { retryAfterMs?: number | undefined } = {}) {
    super(
      `The control plane at ${baseUrl} cannot take the call at this moment: there are too many, or a part of it failed.`,
      {
        advice: 'Try again in some seconds; programs should wait longer each time.',
        retryable: true,
      },
    )
    this.retryAfterMs = retryAfterMs
  }
}

/** The answer is not what the API promises: another program, a proxy, or another version. */
export class UnintelligibleAnswerError extends XenkeepError {
  readonly code = 'UNINTELLIGIBLE_ANSWER'
  constructor(call: string, status: number) {
    super(`The answer to ${call} (HTTP ${status}) is not one of the XenKeep API.`, {
      advice: 'Check that the address is that of a XenKeep control plane of the same version.',
    })
  }
}
