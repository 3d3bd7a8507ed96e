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
    {
      body,
      authorization,
      address,
      contentType = '',
    }: {
      body: string
      authorization: string | undefined
      /** Of the caller, as the connection has it: what headers say of it anybody may write. */
      address: string
      contentType?: string | undefined
    },
  ): Promise<HttpAnswer> => {
    if (method === 'POST') {
      // Any page may have a browser send a form or plain text here, and wrong passwords cost waiting; for JSON of a foreign page it asks first, and gets no leave.
      if (!/^application\/json(;|$)/i.test(contentType))
        throw new RequestInvalidError('its content type has to be application/json.')
      return answer(await sessions.signIn(passwordOf(body), address))
    }
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
