import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { negotiate, type TlsIdentity } from './negotiation.ts'
import { atOnce, type OpenExport, type SendPaced, sendExport, serveReads } from './transmission.ts'

export interface NbdServerOptions {
  host: string
  /** 0 picks a free port. */
  port: number
  /** Present: TLS is forced (network purpose nbd). Absent: TLS is refused (purpose insecure_nbd). */
  tls?: TlsIdentity
  /** Called with the name the client asked for; a rejection closes the connection without a message. */
  open(exportName: string): Promise<OpenExport>
  /** Called before every piece is read (at most 512 KiB); may wait, or throw to break off in mid-answer. */
  onRead?(read: NbdRead): void | Promise<void>
  /** One connection's way out, where the network is to be slow; at once unless told. */
  pace?(): SendPaced
  /** xapi-nbd drops the 17th connection of a host. */
  maxConnections?: number
}

interface NbdRead {
  exportName: string
  offset: number
  length: number
}

export interface NbdServer {
  port: number
  /** Takes no new connection; those that are open stay. */
  withdraw(): void
  /** Ends every connection and waits until each export is closed. */
  close(): Promise<void>
}

/** The NBD service of one host: read-only, fixed newstyle, EXPORT_NAME only. */
export async function startNbdServer(options: NbdServerOptions): Promise<NbdServer> {
  const connections = new Map<Socket, Promise<void>>()
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    if (connections.size >= (options.maxConnections ?? 16)) return void socket.destroy()
    const done = serve(socket, options)
      .catch(() => {})
      .finally(() => connections.delete(socket))
    connections.set(socket, done)
  })
  await listen(server, options)
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    withdraw: () => void server.close(),
    async close() {
      server.close()
      for (const socket of connections.keys()) socket.destroy()
      await Promise.all(connections.values())
    },
  }
}

async function serve(socket: Socket, options: NbdServerOptions): Promise<void> {
  let stream = socket
  let disk: OpenExport | undefined
  try {
    const agreement = await negotiate(socket, options.tls)
    if (!agreement) return
    const { exportName } = agreement
    stream = agreement.stream
    stream.on('error', () => {})
    disk = await options.open(exportName)
    await sendExport(stream, disk.size)
    await serveReads(stream, watched(disk, exportName, options), options.pace?.() ?? atOnce)
  } finally {
    stream.destroySoon()
    await disk?.close()
    if (!stream.closed) await once(stream, 'close')
    socket.destroy()
  }
}

const watched = (disk: OpenExport, exportName: string, { onRead }: NbdServerOptions): OpenExport =>
  onRead
    ? {
        ...disk,
        read: async (offset, into) => {
          await onRead({ exportName, offset, length: into.length })
          await disk.read(offset, into)
        },
      }
    : disk

const listen = (server: Server, { host, port }: NbdServerOptions) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
