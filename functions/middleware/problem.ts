import type { MiddlewareObj } from '@middy/core'
import { toProblem } from '#core/errors/base.ts'
import { MethodNotAllowedError } from '#core/errors/request.ts'
import type { HandledEvent, HttpAnswer } from './route-call.ts'

export const statusOf: Readonly<Record<string, number>> = {
  REQUEST_INVALID: 400,
  GROUP_UNSUITABLE: 400,
  OUTCOME_MISMATCH: 400,
  FILES_ANSWER_UNFIT: 400,
  CATALOG_INVALID: 400, // an item larger than any catalog takes
  RESTORE_REQUEST: 400,
  POINT_OF_OTHER_KIND: 400,
  POLICY_INVALID: 400,
  RESTORE_NETWORK: 400,
  READER_KEY_INVALID: 400,
  TOKEN_INVALID: 401,
  CLOCK_SKEW: 401,
  TOKEN_REPLAYED: 401,
  TOKEN_EXPIRED: 401,
  SIGN_IN_REFUSED: 401,
  SIGN_IN_ENDED: 401,
  GATEWAY_UNKNOWN: 401,
  GATEWAY_REVOKED: 401,
  GATEWAY_FOREIGN: 403,
  GUEST_NOT_ALLOWED: 403,
  ENROLMENT_CODE_UNFIT: 403,
  ROLE_INSUFFICIENT: 403,
  ROLE_MISSING: 403,
  RETENTION_SHORTENED: 403,
  ENROLMENT_CODE_INVALID: 403,
  APPROVAL_MISSING: 403,
  FILES_LOOK_FOREIGN: 403,
  TRANSIT_URL_REFUSED: 403,
  ROUTE_UNKNOWN: 404,
  VM_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  POINT_NOT_FOUND: 404,
  GATEWAY_NOT_FOUND: 404,
  GUEST_NOT_FOUND: 404,
  RECIPE_UNKNOWN: 404,
  POOL_NOT_FOUND: 404,
  SR_NOT_FOUND: 404,
  COMPONENT_NOT_FOUND: 404,
  RESTORE_NO_SUCH_PART: 404,
  REPLICA_NOT_FOUND: 404,
  POLICY_NOT_FOUND: 404,
  SITE_NOT_FOUND: 404,
  SITE_RESTORE_NOT_FOUND: 404,
  TOKEN_NOT_FOUND: 404,
  CHANNEL_NOT_FOUND: 404,
  NOTIFICATION_NOT_FOUND: 404,
  QUESTION_NOT_FOUND: 404,
  OBJECT_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  VM_AMBIGUOUS: 409,
  EPOCH_OUTDATED: 409,
  GATEWAY_NAME_TAKEN: 409,
  GUEST_TAKEN: 409,
  COMPONENT_RESTORE_OPEN: 409,
  COMPONENT_RESTORE_STEP: 409,
  GUEST_MISMATCH: 409,
  APPROVAL_REFUSED: 409,
  RUN_ENDED: 409,
  RETRY_REFUSED: 409,
  REPOSITORY_MISMATCH: 409,
  COMPONENT_AMBIGUOUS: 409,
  NOTHING_TO_BACK_UP: 409,
  NOTHING_TO_CHECK: 409,
  NOTHING_UNUSUAL: 409,
  POLICY_EMPTY: 409,
  MAINTENANCE_RUNNING: 409,
  NOT_REMOVED_HERE: 409,
  POINT_KEPT: 409,
  REMOVAL_NOT_ASKED_FOR: 409,
  POLICY_BUSY: 409,
  WINDOW_CLOSED: 409,
  REPLICA_BUSY: 409,
  REPLICA_PHASE: 409,
  STANDBY_EMPTY: 409,
  POLICY_CHANGED: 409,
  SITE_CHANGED: 409,
  SITE_NAME_TAKEN: 409,
  SITE_IN_USE: 409,
  SITE_EMPTY: 409,
  SITE_PLAN_ELSEWHERE: 409,
  SITE_PLAN_UNFIT: 422,
  SITE_UNFIT: 422,
  SITE_STEP_REFUSED: 409,
  NOT_A_SITE_POINT: 400,
  POLICY_NAME_TAKEN: 409,
  SOURCE_RUNS: 409,
  STANDBY_RUNS: 409,
  REGION_EPOCH_CHANGED: 409,
  REGION_NOT_CONFIRMED: 409,
  REGION_ALONE: 409,
  POINT_NOT_WHOLE_HERE: 409,
  IDEMPOTENCY_KEY_IN_USE: 409,
  IDEMPOTENCY_ANSWER_NOT_KEPT: 409,
  CHANNEL_IN_USE: 409,
  TOO_MANY_CHANNELS: 409,
  FILES_NO_LOOK: 409,
  FILES_LOOK_CLOSED: 409,
  FILES_LIMIT: 409,
  BODY_TOO_LARGE: 413,
  REGION_STANDBY: 421, // Misdirected Request (RFC 9110, 15.5.20)
  IDEMPOTENCY_KEY_REUSED: 422,
  ENROLMENT_LIMITED: 429,
  SIGN_IN_LIMITED: 429,
  GRANT_REFUSED: 502,
  CATALOG_CONFLICT: 503,
  GRANTS_UNAVAILABLE: 503,
  CATALOG_UNAVAILABLE: 503,
  WORKFLOW_UNAVAILABLE: 503,
  REGION_LISTENS: 503,
  GATEWAY_SILENT: 503,
  NO_MAINTENANCE_GATEWAY: 503,
  STORE_UNAVAILABLE: 503,
  CATALOG_FULL: 507,
  STORE_FULL: 507,
}

/** @returns the answer to a call that failed: problem+json (RFC 9457) with our code, message, advice and retryable beside it */
export const toAnswer = (error: unknown): HttpAnswer => {
  const problem = toProblem(error)
  const status = statusOf[problem.code] ?? 500
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(error instanceof MethodNotAllowedError ? { allow: error.allowed.join(', ') } : {}),
      // Seconds (RFC 9110): what passes by itself is worth asking again.
      ...(problem.retryable ? { 'retry-after': status === 409 ? '1' : '5' } : {}),
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: problem.code,
      status,
      detail: problem.message,
      ...problem,
    }),
  }
}

/** Turns what was thrown into an answer, and tells the log of what nobody expected. */
export const problem = ({
  log = console.error,
}: {
  log?: (line: string) => void
} = {}): MiddlewareObj<HandledEvent, HttpAnswer> => ({
  onError: request => {
    const answer = toAnswer(request.error)
    if (answer.statusCode === 500)
      log(
        JSON.stringify({
          level: 'error',
          path: request.event.rawPath,
          stack: stackOf(request.error),
        }),
      )
    request.response = answer
  },
})

const stackOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.stack}${error.cause ? `\ncaused by ${stackOf(error.cause)}` : ''}`
    : String(error)
