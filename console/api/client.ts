import { type Client, createClient } from '#core/contracts/client.ts'
import type { Session } from '../session/session.ts'
import { hearTime } from './clock.ts'
import { isSignedOut } from './problem.ts'
import { rememberingFetch } from './remembering-fetch.ts'

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
    fetch: rememberingFetch(async (input, init) => {
      const answer = await fetch(input, init)
      hearTime(answer.headers)
      return answer
    }),
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
