import type { IncomingMessage } from 'node:http'
import type { SimHost, State } from '../state.ts'
import { authenticate } from '../xapi/classes/session.ts'
import { XapiError } from '../xapi/errors.ts'
import type { Ref } from '../xapi/records/index.ts'

/** Who sends a streaming request, and how to end a session that was opened only for it. */
export interface Authenticated {
  readonly session: Ref
  readonly end: () => void
}

const cookies = (request: IncomingMessage): Map<string, string> =>
  new Map(
    (request.headers.cookie ?? '')
      .split(/[;&]/)
      .map(pair => pair.trim().split('='))
      .map(([name = '', ...value]) => [name, decodeURIComponent(value.join('='))]),
  )

/** A parameter that may come by cookie or query; the cookie wins. */
export const cookieOrQuery = (
  request: IncomingMessage,
  query: URLSearchParams,
  name: string,
): string | undefined => cookies(request).get(name) ?? query.get(name) ?? undefined

/**
 * The session of a streaming request: `session_id` in cookie or query, else HTTP Basic, for which the server logs in by
 * itself. Unlike calls, streams are accepted with the coordinator's session on every host. Throws SESSION_INVALID or
 * SESSION_AUTHENTICATION_FAILED.
 */
export const authenticateRequest = async (
  state: State,
  host: SimHost,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<Authenticated> => {
  const session = cookieOrQuery(request, query, 'session_id')
  if (session !== undefined) {
    state.sessions.check(session)
    return { session, end: () => {} }
  }
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || !token)
    throw new XapiError('SESSION_AUTHENTICATION_FAILED')
  const [user = '', ...password] = Buffer.from(token, 'base64').toString('utf8').split(':')
  await authenticate(state, user, password.join(':'))
  const opened = state.sessions.open(user, '', host.ref)
  return { session: opened, end: () => state.sessions.close(opened) }
}
