import { XenkeepError } from './base.ts'

/** An answer about files of a guest was changed on its way: a part is damaged, swapped, repeated, or missing. */
export class AnswerNotAuthenticError extends XenkeepError {
  readonly code = 'ANSWER_NOT_AUTHENTIC'
  constructor(what: string) {
    super(`The answer of the gateway did not arrive as it was sent: ${what}.`, {
      advice:
        'Ask again. If it happens twice, have somebody look at what lies between gateway and browser: the store for transit, or a proxy.',
    })
  }
}

/** The key to which answers about files are to be sealed is none. */
export class ReaderKeyInvalidError extends XenkeepError {
  readonly code = 'READER_KEY_INVALID'
  constructor(cause?: unknown) {
    super('Answers cannot be sealed to this key: it is no public key of ECDH P-256.', {
      advice: 'Start the look at files again; the console makes a key for each.',
      cause,
    })
  }
}
