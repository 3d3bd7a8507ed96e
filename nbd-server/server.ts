import { once } from 'node:events'
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TlsOptions } from 'node:tls'
import type { NbdExport } from './exports.ts'
import { LIMITS, type Limits } from './limits.ts'
import { negotiate } from './negotiate.ts'
import { transmit } from './transmit.ts'

interface NbdServerOptions {
  /** a Unix socket, which only its owner may use, or a TCP port (0 picks a free one) */
  listen: { path: string } | { host: string; port: number }
  exports: readonly NbdExport[]
  /** Present: TLS 1.2 or newer is forced. With `requestCert`, `rejectUnauthorized` and `ca` clients have to prove who they are. */
  tls?: TlsOptions | undefined
  limits?: Partial<Limits>
}

export interface NbdServer {
  /** of TCP; 0 for a Unix socket */
  readonly port: number
  /** connections now */
  readonly connections: number
  /** Ends every connection, and returns when nothing is at work any more. May be called again. */
  close(): Promise<void>
}

/**
 * A read-only NBD server (newstyle, fixed; doc/proto.md of NetworkBlockDevice/nbd): GO, INFO, LIST, EXPORT_NAME, structured replies,
 * `base:allocation`, TLS. What a client sends cannot make it fail, nor take more memory than `LIMITS` say.
 * @throws what `listen` of the system throws: EADDRINUSE, EACCES, EADDRNOTAVAIL
 */
export const startNbdServer = async (options: NbdServerOptions): Promise<NbdServer> => {
  const limits = { ...LIMITS, ...options.limits }
  const offer = { exports: options.exports, tls: options.tls, limits }
  const connections = new Map<Socket, Promise<void>>()
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    if (connections.size >= limits.connections) {
      socket.destroy()
      return
    }
    const done = serve(socket, offer).finally(() => connections.delete(socket))
    connections.set(socket, done)
  })
  await listen(server, options.listen)
  // A connection that the system could not hand over, for want of memory or of files: the next one may be.
  server.on('error', () => undefined)
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    get connections() {
      return connections.size
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : Promise.resolve()
      server.close()
      for (const socket of connections.keys()) socket.destroy()
      await Promise.all([...connections.values(), closed])
    },
  }
}

/** Whatever goes wrong here is the client's doing, and ends its connection. */
const serve = async (socket: Socket, offer: Parameters<typeof negotiate>[1]): Promise<void> => {
  const hurry = setTimeout(() => socket.destroy(), offer.limits.handshake)
  try {
    const agreement = await negotiate(socket, offer)
    clearTimeout(hurry)
    if (agreement) await transmit(agreement, offer.limits)
    await farewell(agreement?.wire.stream ?? socket)
  } catch {
    // The client broke off.
  } finally {
    clearTimeout(hurry)
    socket.destroy()
  }
}

/** What was said last may still be on its way; what the client says now is heard and forgotten. */
const farewell = async (stream: Duplex): Promise<void> => {
  if (stream.destroyed) return
  stream.end()
  stream.removeAllListeners('readable').resume()
  const patience = setTimeout(() => stream.destroy(), FAREWELL)
  await once(stream, 'close').catch(() => undefined)
  clearTimeout(patience)
}

const FAREWELL = 2000 // ms for a client to close its side too

const listen = async (server: Server, where: NbdServerOptions['listen']): Promise<void> => {
  // The socket is made with the rights of the umask: nobody must slip in before a chmod.
  const umask = 'path' in where ? process.umask(0o177) : undefined
  try {
    const options: ListenOptions = where
    server.listen(options)
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
  await once(server, 'listening')
}
