import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { SimHost, State } from '../state.ts'
import type { Dispatcher } from '../xapi/dispatcher.ts'
import type { StreamHandler } from './context.ts'
import { serveJsonRpc, serveXmlRpc } from './rpc.ts'
import { serveStream } from './stream.ts'

/** The streaming handlers, by method and path: `GET /export`. */
export type StreamRoutes = Readonly<Record<string, StreamHandler>>

/** Answers what is not XAPI (the control channel); true when it took the request. */
export type Extra = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => Promise<boolean>

export interface Front {
  readonly state: State
  readonly dispatcher: Dispatcher
  readonly streams: StreamRoutes
  readonly extra: Extra
}

export interface Listener {
  readonly port: number
  /** Drops every open connection, as the death or restart of a host does. */
  dropConnections(): void
  /** Takes no new connection; those that are open stay. */
  withdraw(): void
  close(): Promise<void>
}

const page = (response: ServerResponse, status: number, reason: string) => {
  response.writeHead(status, reason, { 'content-type': 'text/html', connection: 'close' })
  response.end(`<html><body><h1>HTTP ${status} ${reason}</h1></body></html>`)
}

const route = async (
  front: Front,
  host: SimHost,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { state, dispatcher } = front
  const method = request.method ?? ''
  const url = new URL(request.url ?? '/', 'http://host')
  // A trailing slash is harmless: `/export_raw_vdi/` is `/export_raw_vdi`.
  const path = url.pathname.replace(/(.)\/+$/, '$1')
  const stream = front.streams[`${method} ${path}`]
  if (stream) return serveStream(state, host, request, url, stream)
  if (path.startsWith('/sim/') && (await front.extra(request, response, url))) return
  switch (method) {
    case 'POST':
      return path === '/jsonrpc'
        ? serveJsonRpc(state, dispatcher, host, request, response)
        : serveXmlRpc(state, dispatcher, host, request, response)
    case 'OPTIONS':
      response.writeHead(200, 'OK', {
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'X-Requested-With',
        'content-length': 0,
      })
      return void response.end()
    case 'GET':
    case 'PUT':
    case 'HEAD':
      return page(response, 403, 'Forbidden')
    default:
      return page(response, 501, 'Not Implemented')
  }
}

/** Serves one host on its own address, over TLS (1.2 and up) or in clear. Port 0 takes any free one. */
export const listen = async (
  front: Front,
  host: SimHost,
  options: { readonly port: number; readonly tls: boolean },
): Promise<Listener> => {
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    route(front, host, request, response).catch(error => {
      if (!response.headersSent) page(response, 500, 'Internal Error')
      request.socket.destroy(error instanceof Error ? error : undefined)
    })
  }
  const { certificatePem, keyPem } = host.certificate
  const server = options.tls
    ? https.createServer({ cert: certificatePem, key: keyPem, minVersion: 'TLSv1.2' }, handle)
    : http.createServer(handle)
  // Uploads take hours and event.from blocks for minutes: only the header has a time limit.
  server.requestTimeout = 0
  server.headersTimeout = 60_000
  server.keepAliveTimeout = 12 * 60 * 60 * 1000
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, host.address, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    dropConnections: () => {
      for (const socket of sockets) socket.destroy()
    },
    withdraw: () => void server.close(),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        // Without power nobody says goodbye: a reset, not an orderly end.
        for (const socket of sockets) socket.resetAndDestroy()
      }),
  }
}
