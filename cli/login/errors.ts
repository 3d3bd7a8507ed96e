import { XenkeepError } from '#core/errors/base.ts'

/** Signing in did not come to its end; `why` is a sentence without its stop. */
export class SignInFailedError extends XenkeepError {
  readonly code = 'SIGN_IN_FAILED'
  constructor(why: string, advice = 'Run "xenkeep login" once more.', cause?: unknown) {
    super(`${why}.`, { advice, cause })
  }
}

/** What "xenkeep login" left has ended, and cannot be renewed. */
export class LoginEndedError extends XenkeepError {
  readonly code = 'SIGN_IN_ENDED'
  constructor(url: string) {
    super(`You are not signed in to ${url} any more.`, {
      advice: `Run "xenkeep login ${url}".`,
    })
  }
}
