import { asXenkeepError, toProblem } from '#core/errors/base.ts'
import { type ExitCode, exitCodeOf } from '../exit-codes.ts'
import { type Host, printJson, tell } from '../host.ts'
import { safeText } from './safe-text.ts'

/**
 * Tells a person what went wrong, in three lines on standard error, never with a stack trace; with `json` a program gets
 * `{"error": {code, message, advice, retryable}}` on standard output as well.
 * @returns the exit code
 */
export const showFailure = (host: Host, error: unknown, { json }: { json: boolean }): ExitCode => {
  const problem = toProblem(error)
  tell(host, ...problemLines(problem, 'xenkeep: '))
  if (json) printJson(host, { error: problem })
  return exitCodeOf(asXenkeepError(error))
}

/** @returns the sentence, what to do, and the code; `prefix` goes before the sentence, the rest is indented by two */
export const problemLines = (
  { code, message, advice }: { code: string; message: string; advice: string },
  prefix = '',
): string[] => [
  `${prefix}${safeText(message)}`,
  ...(advice ? [`  what to do: ${safeText(advice)}`] : []),
  `  code: ${code}`,
]
