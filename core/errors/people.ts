import { countText } from '../count-text.ts'
import { XenkeepError } from './base.ts'

/** A token that was good once. */
export class TokenExpiredError extends XenkeepError {
  readonly code = 'TOKEN_EXPIRED'
  /** Whose token. */
  readonly holder: string
  readonly what: 'has expired' | 'was revoked'
  constructor(name: string, what: 'has expired' | 'was revoked') {
    super(`The token "${name.slice(0, 200)}" ${what}.`, {
      advice:
        'Sign in again; for an outside system, let an administrator create a new token with "xenkeep tokens create".',
    })
    this.holder = name
    this.what = what
  }
}

/** Someone who has signed in and whom nobody gave a role. */
export class RoleMissingError extends XenkeepError {
  readonly code = 'ROLE_MISSING'
  constructor(name: string) {
    super(`"${name.slice(0, 200)}" has signed in, but has no role in XenKeep.`, {
      advice:
        'Ask an administrator to put the user into one of the groups viewer, operator or administrator (with an account of the company: into a group there that has a role here), and sign in again.',
    })
  }
}

/** The catalog knows no such token. */
export class TokenNotFoundError extends XenkeepError {
  readonly code = 'TOKEN_NOT_FOUND'
  constructor(tokenId: string) {
    super(`There is no token ${tokenId}.`, {
      advice: 'List the tokens with "xenkeep tokens list".',
    })
  }
}

/** The same request, under the same key, is being worked on. */
export class IdempotencyKeyInUseError extends XenkeepError {
  readonly code = 'IDEMPOTENCY_KEY_IN_USE'
  constructor() {
    super('A request under this idempotency key is being worked on.', {
      advice: 'Send it again in some seconds: it gets the answer of the first.',
      retryable: true,
    })
  }
}

/** The request was done; its answer held a secret, which is not kept. */
export class AnswerNotKeptError extends XenkeepError {
  readonly code = 'IDEMPOTENCY_ANSWER_NOT_KEPT'
  constructor() {
    super(
      'The request under this idempotency key was done, and its answer is not kept, because it held a secret.',
      {
        advice:
          'If the answer was lost, revoke what it created and ask again under a new idempotency key.',
      },
    )
  }
}

/** A chain of audit records that was tampered with, or has a gap. */
export class AuditChainBrokenError extends XenkeepError {
  readonly code = 'AUDIT_CHAIN_BROKEN'
  constructor(chain: string, finding: string) {
    super(`The audit records of "${chain}" are not complete and unchanged: ${finding}`, {
      advice:
        'Run "xenkeep audit verify" to see all of it, compare with the locked copy, and find out who can write the catalog.',
    })
  }
}

/** The password of the console of one machine is another one. */
export class SignInRefusedError extends XenkeepError {
  readonly code = 'SIGN_IN_REFUSED'
  constructor() {
    super('That is not the password of this console.', {
      advice:
        'It was shown when "xenkeep up" started for the first time; "xenkeep console password" makes a new one.',
    })
  }
}

/** So many wrong passwords that somebody may be guessing. */
export class SignInLimitedError extends XenkeepError {
  readonly code = 'SIGN_IN_LIMITED'
  /** Until the next try is looked at. */
  readonly seconds: number
  constructor(seconds: number) {
    super(
      `There were several wrong passwords; the next one is looked at in ${countText(seconds, 'second')}.`,
      {
        advice: 'Wait, and try again.',
        retryable: true,
      },
    )
    this.seconds = seconds
  }
}

/** Who signed in to the console of one machine has to do so again. */
export class SignInEndedError extends XenkeepError {
  readonly code = 'SIGN_IN_ENDED'
  constructor() {
    super('You are not signed in any more.', {
      advice: 'Sign in again; nothing that you typed is lost.',
    })
  }
}
