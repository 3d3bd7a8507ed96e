import type { Duplex } from 'node:stream'
import type { Faults } from '../faults/faults.ts'
import type { Pace } from '../limits.ts'
import { XapiError } from '../xapi/errors.ts'

/**
 * The raw answer of a streaming handler. XAPI writes these by hand: no length, no chunks, the end is the close of the
 * connection. Scripted faults (cut streams, in-band errors) strike here, so handlers need not know them.
 */
export interface Reply {
  /** True once a status line went out: from then on errors travel in-band. */
  readonly started: boolean
  /** True once the client has gone. */
  readonly closed: boolean
  /** Aborts when the client goes. */
  readonly gone: AbortSignal
  /** Sends status line and headers, e.g. `('HTTP/1.1 200 OK', { 'Connection': 'close' })`. */
  head(statusLine: string, headers: Readonly<Record<string, string>>): void
  /** Sends body bytes, waiting while the client reads slowly. Throws ClientGoneError when it left. */
  write(data: Uint8Array): Promise<void>
  /** A whole error answer before the headers, or a second HTTP response within the stream after them. */
  fail(error: XapiError, status?: string): void
  /** Flushes and closes the connection. */
  end(): Promise<void>
}

/** The client closed the connection; XVA handlers report CLIENT_ERROR, VHD and raw ones VDI_IO_ERROR. */
export class ClientGoneError extends Error {
  constructor() {
    super('The client closed the connection.')
    this.name = 'ClientGoneError'
  }
}

const errorPage = (error: XapiError) =>
  `<html><body><h1>HTTP 500 internal server error</h1>An unexpected error occurred; please wait a while and try again. If the problem persists, please contact your support representative.<h1> Additional information </h1>${error.message}</body></html>`

export const createReply = (socket: Duplex, handler: string, faults: Faults, pace: Pace): Reply => {
  const aborted = new AbortController()
  socket.once('close', () => aborted.abort())
  // A reset shows up as a close; without a listener it would end the process.
  socket.on('error', () => {})
  let started = false
  let sent = 0
  const cut = faults.take('cut-stream', handler)
  const silent = faults.take('fall-silent', handler)
  const givingUp = faults.take('give-up', handler)
  const inBand = cut ? undefined : faults.take('in-band-error', handler)
  const gone = () => aborted.signal.aborted || socket.destroyed || socket.writableEnded

  const send = (data: Uint8Array): Promise<void> => {
    if (gone()) return Promise.reject(new ClientGoneError())
    sent += data.length
    return pace.send(data.length, () => put(data))
  }

  const put = (data: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (gone()) return reject(new ClientGoneError())
      if (socket.write(data)) return resolve()
      const leave = () => {
        clearTimeout(patience)
        socket.off('drain', settle)
        socket.off('close', settle)
      }
      const settle = () => {
        leave()
        if (socket.destroyed) reject(new ClientGoneError())
        else resolve()
      }
      const giveUp = () => {
        leave()
        reject(new XapiError('VDI_IO_ERROR', 'Device I/O errors'))
      }
      const patience = givingUp && setTimeout(giveUp, givingUp.milliseconds)
      socket.once('drain', settle)
      socket.once('close', settle)
    })

  const reply: Reply = {
    get started() {
      return started
    },
    get closed() {
      return gone()
    },
    gone: aborted.signal,
    head: (statusLine, headers) => {
      started = true
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(`${statusLine}\r\n${lines.join('')}\r\n`)
    },
    write: async data => {
      const limit = silent?.bytes ?? (cut ? cut.bytes : inBand ? (inBand.bytes ?? 0) : undefined)
      if (limit === undefined || sent + data.length < limit) return send(data)
      await send(data.subarray(0, limit - sent))
      if (silent) {
        await new Promise<void>(resolve => socket.once('close', () => resolve()))
        throw new ClientGoneError()
      }
      if (inBand && !cut) {
        const [code = 'INTERNAL_ERROR', ...params] = inBand.error
        throw new XapiError(code, ...params)
      }
      await pace.settle().catch(() => {})
      await new Promise<void>(resolve => socket.end(resolve))
      throw new ClientGoneError()
    },
    fail: (error, status = '500 Internal Error') => {
      if (gone()) return
      const page = errorPage(error)
      started = true
      const answer = `HTTP/1.1 ${status}\r\ncontent-type: text/html\r\nconnection: close\r\ncache-control: no-cache, no-store\r\ncontent-length: ${Buffer.byteLength(page)}\r\n\r\n${page}`
      // Behind what a slow line still carries.
      pace.send(0, async () => void socket.write(answer)).catch(() => {})
    },
    end: async () => {
      await pace.settle().catch(() => {})
      await new Promise<void>(resolve => {
        if (gone()) return resolve()
        socket.once('close', resolve)
        socket.end(() => socket.destroy())
      })
    },
  }
  return reply
}
