import { LOCAL_SESSION_PATH, SignInRequest } from '#core/contracts/console.ts'
import { MethodNotAllowedError, RequestInvalidError } from '#core/errors/request.ts'
import type { HttpAnswer } from '#functions/middleware/route-call.ts'
import type { Sessions } from './sessions.ts'

/**
 * Signs people in and out of the console of this machine.
 * @throws `SIGN_IN_REFUSED`, `SIGN_IN_LIMITED`, `REQUEST_INVALID`, `METHOD_NOT_ALLOWED`, `CATALOG_UNAVAILABLE`
 */
export const signInDoor =
  (sessions: Sessions) =>
  async (
    method: string,
    { body, authorization }: { body: string; authorization: string | undefined },
  ): Promise<HttpAnswer> => {
    if (method === 'POST') return answer(await sessions.signIn(passwordOf(body)))
    if (method !== 'DELETE')
      throw new MethodNotAllowedError(method, LOCAL_SESSION_PATH, ['POST', 'DELETE'])
    await sessions.signOut(authorization?.replace(/^Bearer /, '') ?? '')
    return answer({})
  }

const answer = (reply: object): HttpAnswer => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(reply),
})

const passwordOf = (body: string): string => {
  const request = SignInRequest.safeParse(parsed(body))
  if (!request.success)
    throw new RequestInvalidError(`${request.error.issues[0]?.message ?? 'not valid'}.`)
  return request.data.password
}

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    throw new RequestInvalidError('the body is not JSON.')
  }
}
