import type { Problem } from '#core/contracts/problem.ts'

export const codeOf = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Codes that mean: sign in. */
const SIGN_IN = new Set(['SIGN_IN_ENDED', 'TOKEN_INVALID', 'TOKEN_EXPIRED'])

export const isSignedOut = (error: unknown): boolean => SIGN_IN.has(codeOf(error) ?? '')

/** What there is to say of anything that was thrown: what the API answered, or that the console itself is wrong. */
export const problemOf = (error: unknown): Problem => {
  const { code, message, advice, retryable } = (error ?? {}) as Partial<Problem>
  if (typeof code === 'string' && typeof message === 'string' && typeof advice === 'string')
    return { code, message, advice, retryable: retryable === true }
  return {
    code: 'UNEXPECTED',
    message: `The console met something unexpected: ${error instanceof Error ? error.message : String(error)}.`,
    advice: 'Load the page again; if it happens twice, report it.',
    retryable: false,
  }
}
