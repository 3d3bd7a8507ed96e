import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { LOCAL_TRANSIT_PATH, type LocalTransit } from '#adapters/fs/transit.ts'
import { BodyTooLargeError, MethodNotAllowedError } from '#core/errors/request.ts'
import { notKept } from '#functions/middleware/http-handler.ts'
import { toAnswer } from '#functions/middleware/problem.ts'
import type { HttpAnswer } from '#functions/middleware/route-call.ts'

export const isTransit = (pathname: string): boolean =>
  pathname.startsWith(`${LOCAL_TRANSIT_PATH}transit/`)

/**
 * Takes sealed parts of answers from gateways and hands them to browsers, as the bucket does in the cloud: what the URL says is all that is needed, and all that is
 * allowed. Beside the console, so under its origin.
 */
export const transitDoor =
  (transit: LocalTransit) =>
  async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    try {
      const { method = '' } = request
      if (method !== 'PUT' && method !== 'GET')
        throw new MethodNotAllowedError(method, url.pathname, ['GET', 'PUT'])
      const { key, bytes } = transit.allowed(method, url.pathname, url.searchParams)
      await (method === 'PUT'
        ? take(transit, key, bytes, request, response)
        : hand(transit, key, response))
    } catch (error) {
      if (response.headersSent) response.destroy()
      else send(request, response, notKept(toAnswer(error)))
    }
  }

const take = async (
  transit: LocalTransit,
  key: string,
  bytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  // Before anything is read; who tells no length is cut off when it is too much.
  if (Number(request.headers['content-length'] ?? 0) > bytes) throw new BodyTooLargeError(bytes)
  await transit.put(key, bytes, request)
  send(request, response, notKept({ statusCode: 200, headers: {}, body: '' }))
}

const hand = async (
  transit: LocalTransit,
  key: string,
  response: ServerResponse,
): Promise<void> => {
  const { file, size } = await transit.open(key)
  response.writeHead(
    200,
    notKept({
      statusCode: 200,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: '',
    }).headers,
  )
  await pipeline(file.createReadStream(), response)
}

const send = (request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void => {
  // An answer before the end of the body: what is still on its way is not read, so the connection cannot be used again.
  const headers = request.complete ? answer.headers : { ...answer.headers, connection: 'close' }
  response.writeHead(answer.statusCode, headers)
  response.end(answer.body)
}
