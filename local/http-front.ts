import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LOCAL_SESSION_PATH } from '#core/contracts/console.ts'
import { BodyTooLargeError, RouteUnknownError } from '#core/errors/request.ts'
import { PortTakenError } from '#core/errors/settings.ts'
import { apiHandlers, findRoute } from '#functions/api/index.ts'
import { notKept } from '#functions/middleware/http-handler.ts'
import { BODY_LIMIT } from '#functions/middleware/json-body.ts'
import { toAnswer } from '#functions/middleware/problem.ts'
import type { HttpAnswer, HttpEvent } from '#functions/middleware/route-call.ts'
import type { Ports } from '#functions/ports.ts'
import type { signInDoor } from './sign-in/door.ts'
import { isTransit, type transitDoor } from './transit-door.ts'

export interface HttpFront {
  /** `http://127.0.0.1:8720` */
  readonly url: string
  /** Answers what has begun, takes nothing more. */
  close(): Promise<void>
}

/** What stands beside the API on this machine: the files of the console, where people sign in, and where answers of looks at files pass. */
export interface ConsoleFront {
  files: (request: IncomingMessage, response: ServerResponse) => void
  door: ReturnType<typeof signInDoor>
  transit: ReturnType<typeof transitDoor>
}

/**
 * The API over node:http: what API Gateway does in the cloud, with the same handlers behind it.
 * @param port 0 takes any free port
 * @param beside under the same origin; any of it may be left out
 * @throws `PORT_TAKEN`
 */
export const listenHttp = async (
  ports: Ports,
  { host, port }: { host: string; port: number },
  beside: Partial<ConsoleFront> = {},
): Promise<HttpFront> => {
  const handlers = apiHandlers(ports)

  const answer = async (request: IncomingMessage): Promise<HttpAnswer> => {
    try {
      const { pathname, search } = urlOf(request)
      const method = request.method ?? ''
      if (beside.door && pathname === LOCAL_SESSION_PATH)
        return notKept(await signIn(beside.door, request))
      const { name, params } = findRoute(method, pathname)
      const event: HttpEvent = {
        rawPath: pathname,
        rawQueryString: search.slice(1),
        headers: headersOf(request),
        pathParameters: params,
        requestContext: {
          http: { method, sourceIp: addressOf(request) },
        },
        body: await bodyOf(request),
        isBase64Encoded: true,
      }
      return await handlers[name](event)
    } catch (error) {
      return notKept(toAnswer(error))
    }
  }

  let closing = false
  const server = createServer((request, response) => {
    // Whoever calls without a pause, as gateways do, would keep its connection and with it the server for ever.
    response.shouldKeepAlive &&= !closing
    const url = URL.parse(request.url ?? '/', 'http://local')
    if (beside.transit && url && isTransit(url.pathname)) {
      void beside.transit(request, response, url)
      return
    }
    if (beside.files && isPage(request)) {
      try {
        beside.files(request, response)
      } catch (error) {
        // A page that cannot be shown ends nothing but its own connection.
        if (response.headersSent) response.destroy()
        else send(request, response, notKept(toAnswer(error)))
      }
      return
    }
    void answer(request).then(reply => {
      response.shouldKeepAlive &&= !closing
      send(request, response, reply)
    })
  })
  await listen(server, host, port)
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise(resolve => {
        closing = true
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

/** What is neither the API nor the door, and only asked for. */
const isPage = ({ method, url = '/' }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !/^\/(v1|local)(\/|$)/.test(url) &&
  !url.startsWith('//')

const signIn = async (door: ConsoleFront['door'], request: IncomingMessage): Promise<HttpAnswer> =>
  door(request.method ?? '', {
    body: Buffer.from(await bodyOf(request), 'base64').toString(),
    authorization: request.headers.authorization,
    address: addressOf(request),
    contentType: request.headers['content-type'],
  })

const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? 'unknown'

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(host, port, error) : error)
    })
    server.listen(port, host, () => resolve())
  })

/** @throws `ROUTE_UNKNOWN` for what is no path, such as `//` */
const urlOf = ({ url = '/' }: IncomingMessage): URL => {
  const parsed = URL.parse(url, 'http://local')
  if (!parsed) throw new RouteUnknownError(url)
  return parsed
}

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) throw new BodyTooLargeError(BODY_LIMIT)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('base64')
}

const send = (request: IncomingMessage, response: ServerResponse, reply: HttpAnswer): void => {
  // An answer before the end of the body: what is still on its way is not read, so the connection cannot be used again.
  const headers = request.complete ? reply.headers : { ...reply.headers, connection: 'close' }
  response.writeHead(reply.statusCode, headers)
  response.end(reply.body)
}
