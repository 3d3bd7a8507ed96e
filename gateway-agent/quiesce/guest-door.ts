import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { GUEST_WAIT_MS, GuestAnswer, guestRoutes } from '#core/contracts/guest-api.ts'
import { toProblem, XenkeepError } from '#core/errors/base.ts'
import { BodyTooLargeError, RequestInvalidError, RouteUnknownError } from '#core/errors/request.ts'
import type { GuestDesk } from './guest-desk.ts'

export interface DoorOptions {
  listen: { host: string; port: number }
  /** PEM */
  tls: { cert: string; key: string }
  /** Which guest calls. @throws `TOKEN_INVALID`, `CLOCK_SKEW`, `TOKEN_REPLAYED` */
  caller: (
    authorization: string | undefined,
    call: { method: string; path: string },
  ) => Promise<string>
  desk: Pick<GuestDesk, 'next' | 'answer'>
  /** How long `next` waits, in milliseconds. */
  wait?: number
}

/** Bytes; what a guest tells is a line. */
const LARGEST_BODY = 16 * 1024
/** 400 for other refusals of ours. */
const STATUS: Readonly<Record<string, number>> = {
  ...{ TOKEN_INVALID: 401, TOKEN_REPLAYED: 401, CLOCK_SKEW: 401 },
  ...{ ROUTE_UNKNOWN: 404, BODY_TOO_LARGE: 413 },
}

/**
 * Where agents in guests call, over HTTPS (docs/guest-agent-protocol.md): they fetch commands and tell what became of them.
 * @throws the system's error where it cannot listen
 */
export const openGuestDoor = async (
  options: DoorOptions,
): Promise<{ port: number; close(): Promise<void> }> => {
  const server = createServer({ ...options.tls, handshakeTimeout: 10_000 }, (request, response) => {
    void handle(options, request, response).catch(error => refuse(response, error))
  })
  // Who stops in the middle of a handshake or a call must not hold the place of others.
  server.requestTimeout = 10_000
  server.maxConnections = LIMITS.connections
  shareOut(server)
  await listening(server, options.listen)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Of all guests; from how many on one address may not have more; and how many that is. A guest needs one, several may stand behind one address. */
const LIMITS = { connections: 2_000, crowded: 1_000, ofOne: 20 }

/** Keeps one guest that opens connection after connection from shutting the others out. */
const shareOut = (server: Server): void => {
  const from = new Map<string, number>()
  let all = 0
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const before = from.get(address) ?? 0
    if (all >= LIMITS.crowded && before >= LIMITS.ofOne) return void socket.destroy()
    from.set(address, before + 1)
    all++
    socket.once('close', () => {
      all--
      const left = (from.get(address) ?? 1) - 1
      if (left > 0) from.set(address, left)
      else from.delete(address)
    })
  })
}

const listening = (server: Server, at: { host: string; port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, () => {
      server.off('error', reject)
      server.on('error', () => undefined) // a connection that could not be taken is the caller's to repeat
      resolve()
    })
  })

const handle = async (
  { caller, desk, wait = GUEST_WAIT_MS }: DoorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { method = '', url: path = '' } = request
  const route = Object.entries(guestRoutes).find(
    ([, known]) => known.method === method && known.path === path,
  )?.[0]
  if (!route) throw new RouteUnknownError(`${method} ${path.slice(0, 200)}`)
  const guest = await caller(request.headers.authorization, { method, path })
  const body = await bodyOf(request)
  if (route === 'answers') {
    desk.answer(guest, answerOf(body))
    response.writeHead(204).end()
    return
  }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const command = await desk.next(guest, AbortSignal.any([gone.signal, AbortSignal.timeout(wait)]))
  if (command) send(response, 200, command)
  else response.writeHead(204).end()
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    length += part.length
    if (length > LARGEST_BODY) throw new BodyTooLargeError(LARGEST_BODY)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/** @throws `REQUEST_INVALID` */
const answerOf = (body: string): GuestAnswer => {
  const invalid = () =>
    new RequestInvalidError('it is no answer to a command (docs/guest-agent-protocol.md).')
  try {
    return GuestAnswer.parse(JSON.parse(body))
  } catch {
    throw invalid()
  }
}

const refuse = (response: ServerResponse, error: unknown): void => {
  if (response.headersSent) return void response.destroy()
  const { code, message, advice } = toProblem(error)
  if (error instanceof XenkeepError) send(response, STATUS[code] ?? 400, { code, message, advice })
  else send(response, 500, { code })
}

const send = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
