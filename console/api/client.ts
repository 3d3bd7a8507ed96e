import { type Client, createClient } from '#core/contracts/client.ts'
import type { Session } from '../session/session.ts'
import { codeOf } from './problem.ts'
import { rememberingFetch } from './remembering-fetch.ts'

/** Codes that mean: sign in. */
const SIGN_IN = new Set(['SIGN_IN_ENDED', 'TOKEN_INVALID', 'TOKEN_EXPIRED'])

export const isSignedOut = (error: unknown): boolean => SIGN_IN.has(codeOf(error) ?? '')

/** Raised before a call that could only be refused. */
class NotSignedInError extends Error {
  readonly code = 'SIGN_IN_ENDED'
  readonly advice = 'Sign in.'
  readonly retryable = false
  constructor() {
    super('Nobody is signed in.')
  }
}

/**
 * The API of the origin that the console came from.
 * @param onSignedOut hears that the person has to sign in (again); calls fail until they have
 */
export const apiClient = (session: Session, onSignedOut: () => void): Client => {
  const client = createClient({
    baseUrl: location.origin,
    fetch: rememberingFetch((input, init) => fetch(input, init)),
    authorize: async () => {
      const authorization = await session.authorization()
      if (authorization === undefined) throw new NotSignedInError()
      return authorization
    },
  })
  return {
    async call(name, input) {
      try {
        return await client.call(name, input)
      } catch (error) {
        if (isSignedOut(error)) {
          session.ended()
          onSignedOut()
        }
        throw error
      }
    },
  }
}
