import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { XenkeepError } from '#core/errors/base.ts'
import { StreamBrokenError, XapiInterruptedError } from '#core/errors/xenserver.ts'
import { endpointOf } from '../connection/endpoint.ts'
import type { RpcHost } from '../connection/rpc.ts'
import { failureInPage } from './in-band-error.ts'

const MAX_PAGE = 8 * 1024
export const MAX_REDIRECTS = 3

export interface HandlerRequest {
  method: 'GET' | 'PUT'
  path: string
  query: Record<string, string>
  headers?: Record<string, string>
  /** Sent as a cookie, never in the URL: URLs end up in logs (the cookie wins over the query on XAPI's side). */
  session: string
  signal: AbortSignal
}

export const sendRequest = (
  { endpoint, agent }: RpcHost,
  { method, path, query, headers, session, signal }: HandlerRequest,
): ClientRequest => {
  const request = endpoint.secure ? httpsRequest : httpRequest
  const sent = request({
    host: endpoint.host,
    port: endpoint.port,
    agent,
    method,
    path: `${path}?${new URLSearchParams(query)}`,
    headers: { ...headers, Cookie: `session_id=${session}`, Connection: 'close' },
    signal,
  })
  // Whoever waits for the answer hears of errors; those after it (EPIPE at the end of an upload) must not end the process.
  sent.on('error', () => undefined)
  return sent
}

/**
 * @param patience milliseconds until a host that does not answer is given up
 * @throws `XAPI_INTERRUPTED`, `XAPI_UNREACHABLE`, `STREAM_STALLED`, the reason of an aborted signal
 */
export const responseTo = async (
  request: ClientRequest,
  what: string,
  signal: AbortSignal,
  patience: number,
): Promise<IncomingMessage> => {
  const timer = setTimeout(() => {
    const why = `no answer within ${patience / 1000} s`
    request.destroy(new StreamBrokenError('STREAM_STALLED', what, why))
  }, patience)
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof XenkeepError) throw error
    throw new XapiInterruptedError(what, error instanceof Error ? error.message : '', error)
  } finally {
    clearTimeout(timer)
  }
}

/** Where a 302 leads; the port of the address we know is kept, the trust is checked there as everywhere. */
export const redirectTarget = (
  response: IncomingMessage,
  from: RpcHost,
  trust: Parameters<typeof endpointOf>[1],
) => {
  const { location } = response.headers
  if (response.statusCode !== 302 || location === undefined) return undefined
  const target = endpointOf(new URL(location, 'https://unknown').href, trust)
  const explicitPort = /^https?:\/\/[^/]*:\d+(\/|$)/.test(location)
  return explicitPort || target.secure !== from.endpoint.secure
    ? target
    : { ...target, port: from.endpoint.port }
}

const pageOf = async (response: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response) {
    parts.push(part as Buffer)
    size += (part as Buffer).length
    if (size > MAX_PAGE) break
  }
  return Buffer.concat(parts).toString('latin1')
}

/** The error behind a status other than 200: what the page names, else its number. */
export const refusal = async (response: IncomingMessage, what: string): Promise<XenkeepError> => {
  const page = await pageOf(response).catch(() => '')
  return (
    failureInPage(page, what) ??
    new StreamBrokenError('EXPORT_FAILED', what, `XenServer answered HTTP ${response.statusCode}`)
  )
}
