import { TokenInvalidError } from '../errors/request.ts'
import { ControlPlaneBusyError } from '../errors/wire.ts'

/**
 * What API Gateway answers by itself, before any function of ours is asked: `{"message":"Unauthorized"}` and the like, with no code.
 * @param retryAfterMs how long it asks to be left alone
 * @returns the error that stands for it; undefined where the answer is nothing of the kind
 */
export const errorOfEdge = (
  status: number,
  baseUrl: string,
  retryAfterMs: number | undefined,
): Error | undefined => {
  switch (status) {
    case 401:
    case 403:
      return new TokenInvalidError(
        `the control plane at ${baseUrl} does not know the token, or it is cut short`,
      )
    case 429:
    case 500: // a function, or the authorizer, came to no answer
    case 503:
    case 504:
      return new ControlPlaneBusyError(baseUrl, { retryAfterMs })
    default:
      return undefined
  }
}
