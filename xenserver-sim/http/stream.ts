import type { IncomingMessage } from 'node:http'
import type { SimHost, State } from '../state.ts'
import { asXapiError, XapiError } from '../xapi/errors.ts'
import type { Ref } from '../xapi/records/index.ts'
import { authenticateRequest, cookieOrQuery } from './authenticate.ts'
import { type HandlerContext, HttpError, Redirect, type StreamHandler } from './context.ts'
import { ClientGoneError, createReply, type Reply } from './reply.ts'

const unauthorised = 'HTTP/1.1 401 Unauthorized'

const originOf =
  ({ socket }: IncomingMessage) =>
  (address: string) =>
    `${'encrypted' in socket ? 'https' : 'http'}://${address}:${socket.localPort}`

const beginTask = (state: State, host: SimHost, handler: string, session: Ref, wanted?: string) => {
  if (wanted === undefined)
    return state.tasks.begin(handler, { session, host: host.ref, cancellable: true })
  const task = state.database.get('task', wanted)
  if (task.status !== 'pending') throw new XapiError('HANDLE_INVALID', 'task', wanted)
  return wanted
}

const answerFailure = (
  context: {
    state: State
    host: SimHost
    reply: Reply
    path: string
    query: URLSearchParams
    origin: (address: string) => string
  },
  task: Ref,
  thrown: unknown,
): void => {
  const { state, reply } = context
  if (thrown instanceof Redirect) {
    // Real hosts listen on the default port; here all share one that a URL has to name.
    const location = `${context.origin(thrown.address)}${context.path}?${context.query}`
    reply.head('HTTP/1.1 302 Found', { location, connection: 'close', 'content-length': '0' })
    return
  }
  const error =
    thrown instanceof HttpError
      ? thrown.error
      : thrown instanceof ClientGoneError
        ? new XapiError('CLIENT_ERROR', thrown.message)
        : asXapiError(thrown)
  // A dead host tells nobody: its task stays pending until it is back.
  if (state.runtime.dead.has(context.host.ref)) return
  state.tasks.fail(task, error)
  reply.fail(error, statusOf(thrown, error))
}

const statusOf = (thrown: unknown, { code }: XapiError): string | undefined =>
  thrown instanceof HttpError
    ? thrown.status
    : code === 'RBAC_PERMISSION_DENIED'
      ? '403 Forbidden'
      : undefined

/**
 * Runs a streaming handler: authentication, its task, errors before or after the headers, and the closing of the
 * connection, which is how the end of every stream is told.
 */
export const serveStream = async (
  state: State,
  host: SimHost,
  request: IncomingMessage,
  url: URL,
  handle: StreamHandler,
): Promise<void> => {
  const handler = url.pathname.replaceAll('/', '')
  const query = url.searchParams
  const reply = createReply(request.socket, handler, state.faults, state.limits.pace(host.ref))
  const taskId = cookieOrQuery(request, query, 'task_id')

  let who: Awaited<ReturnType<typeof authenticateRequest>>
  try {
    who = await authenticateRequest(state, host, request, query)
  } catch (thrown) {
    const error = new XapiError('SESSION_AUTHENTICATION_FAILED', ...asXapiError(thrown).params)
    if (taskId !== undefined) state.tasks.fail(taskId, error)
    reply.head(unauthorised, {
      'www-authenticate': 'Basic realm="XenServer"',
      'content-length': '0',
      connection: 'close',
    })
    return reply.end()
  }

  let task: Ref = ''
  try {
    task = beginTask(state, host, handler, who.session, taskId)
    const context: HandlerContext = {
      state,
      host,
      query,
      request,
      reply,
      session: who.session,
      task: {
        ref: task,
        progress: fraction => state.tasks.progress(task, fraction),
        assertNotCancelled: () => state.tasks.assertNotCancelled(task),
        note: (key, value) => {
          const { other_config } = state.database.get('task', task)
          state.database.update('task', task, { other_config: { ...other_config, [key]: value } })
        },
      },
      headers: {
        Connection: 'close',
        'Cache-Control': 'no-cache, no-store',
        'task-id': task,
        Server: 'xapi/24.16',
      },
    }
    const result = await handle(context)
    state.tasks.complete(task, result)
  } catch (thrown) {
    answerFailure(
      { state, host, reply, path: url.pathname, query, origin: originOf(request) },
      task,
      thrown,
    )
  } finally {
    who.end()
  }
  await reply.end()
}
