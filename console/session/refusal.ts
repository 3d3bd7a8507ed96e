import { Problem } from '#core/contracts/problem.ts'
import { RelayedError } from '#core/errors/base.ts'
import { UnintelligibleAnswerError } from '#core/errors/wire.ts'

/** What an answer that is not the API's own says of why it is no. */
export const refusal = (json: unknown, status: number): Error => {
  const { code, message, advice, retryable } = (json ?? {}) as Record<string, unknown>
  const problem = Problem.safeParse({ code, message, advice, retryable })
  return problem.success
    ? new RelayedError(problem.data)
    : new UnintelligibleAnswerError('the sign-in', status)
}
