/**
 * The root of every error that XenKeep raises on purpose. A caller switches on `code`, a person reads `message` and
 * `advice`; neither ever holds a secret or a stack trace.
 *
 * Each kind is one small class in this folder with a literal `code`, in upper case and stable for ever: CLI, API and
 * console show the same one.
 */
export abstract class XenkeepError extends Error {
  abstract readonly code: string
  /** What the person should do next, as a full sentence. */
  readonly advice: string
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean

  constructor(
    message: string,
    { advice, retryable = false, cause }: { advice: string; retryable?: boolean; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.advice = advice
    this.retryable = retryable
  }
}

/** Something that none of our own errors describes. Shown with its text, so that it can be reported. */
export class UnexpectedError extends XenkeepError {
  readonly code = 'UNEXPECTED'
  constructor(cause: unknown) {
    super(
      `Something unexpected happened: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        advice:
          'Run the command again; if it happens twice, report it with the log of the process.',
        cause,
      },
    )
  }
}

/** An error that was told to us over a wire: the code is the sender's. */
export class RelayedError extends XenkeepError {
  readonly code: string
  /** How long the sender asks to be left alone, ms; it need not say. */
  readonly retryAfterMs: number | undefined
  constructor(
    problem: { code: string; message: string; advice: string; retryable: boolean },
    { retryAfterMs }: { retryAfterMs?: number | undefined } = {},
  ) {
    super(problem.message, problem)
    this.code = problem.code
    this.retryAfterMs = retryAfterMs
  }
}

/** @returns `error` itself when it is one of ours, else an `UNEXPECTED` around it. */
export const asXenkeepError = (error: unknown): XenkeepError =>
  error instanceof XenkeepError ? error : new UnexpectedError(error)

/** Characters that a problem may have in each of its texts (core/contracts/problem.ts): whoever gets more takes none of it, the code included. */
const TEXT_LIMIT = 2_000
const cut = (text: string): string =>
  text.length <= TEXT_LIMIT ? text : `${text.slice(0, TEXT_LIMIT - 2)} …`

/** @returns the four members that may cross a wire; never the cause, never the stack. */
export const toProblem = (error: unknown) => {
  const { code, message, advice, retryable } = asXenkeepError(error)
  return { code, message: cut(message), advice: cut(advice), retryable }
}
