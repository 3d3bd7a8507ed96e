import { X509Certificate } from 'node:crypto'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Inbox, inbox } from './inbox.ts'

const CONNECT_TIMEOUT = 15_000
const RECEIVE_BUFFER = 256 * 1024

export interface NbdAddress {
  address: string
  port: number
  /** milliseconds */
  silence: number
}

/** A socket whose incoming bytes go to an inbox. */
export interface Wire {
  readonly inbox: Inbox
  write(bytes: Uint8Array): void
  /** Sends what is written, then closes. */
  end(): void
  destroy(error: Error): void
}

const attach = (socket: Socket, sink: Inbox, silence: number): Wire => {
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
  socket.setTimeout(silence)
  socket.on('timeout', () => {
    if (sink.waiting > 0) socket.destroy(new Error(`no data came for ${silence / 1000} s`))
  })
  socket.on('error', error => sink.fail(error))
  socket.on('close', () => sink.fail(new Error('the host closed the connection')))
  return {
    inbox: sink,
    write: bytes => {
      socket.write(bytes)
    },
    end: () => {
      sink.fail(new Error('the connection was closed by us'))
      // At once: the memory that it reads into is somebody else's from now on.
      socket.pause()
      socket.end()
      socket.destroySoon()
    },
    destroy: error => {
      sink.fail(error)
      socket.destroy()
    },
  }
}

const connected = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    const onTimeout = () => fail(new Error(`no connection within ${CONNECT_TIMEOUT / 1000} s`))
    const onClose = () => fail(new Error('the host closed the connection'))
    socket.setTimeout(CONNECT_TIMEOUT)
    socket.once('timeout', onTimeout).once('error', fail).once('close', onClose)
    socket.once(event, () => {
      socket.off('timeout', onTimeout).off('error', fail).off('close', onClose)
      resolve()
    })
  })

/**
 * In clear text: the kernel puts what is waited for where it belongs, without a copy in between. What nobody waits for goes to a buffer
 * that lives as long as the socket. Node offers this for plain sockets only; what comes over TLS is decrypted into memory of Node's own.
 *
 * @param signal destroys the socket
 */
export const openPlain = async (
  { address, port, silence }: NbdAddress,
  signal: AbortSignal,
): Promise<Wire> => {
  const sink = inbox()
  const spare = Buffer.allocUnsafeSlow(RECEIVE_BUFFER)
  let given: Uint8Array = spare
  const socket = connect({
    host: address,
    port,
    signal,
    onread: {
      // Asked after each read, for the next one.
      buffer: () => {
        given = sink.landing ?? spare
        return given
      },
      callback: count => {
        if (given === spare) sink.push(spare.subarray(0, count))
        else sink.landed(count)
        return true
      },
    },
  })
  await connected(socket, 'connect')
  return attach(socket, sink, silence)
}

/**
 * For the start of a connection that turns to TLS: `stop` hands the bare socket over.
 * @param signal destroys the socket, also when it was handed over
 */
export const openBare = async ({ address, port, silence }: NbdAddress, signal: AbortSignal) => {
  const sink = inbox()
  const socket = connect({ host: address, port, signal })
  await connected(socket, 'connect')
  const onData = (bytes: Buffer) => sink.push(bytes)
  socket.on('data', onData)
  const wire = attach(socket, sink, silence)
  const stop = (): Socket => {
    if (sink.unclaimed > 0) throw new Error('the host sent clear text after agreeing on TLS')
    socket.off('data', onData)
    return socket
  }
  return { wire, stop }
}

/**
 * Trusts exactly the certificate that XAPI handed over (VDI.get_nbd_info) and checks its name: the pool vouches for it
 * over a connection that is verified itself.
 */
export const startTls = async (
  bare: Socket,
  { cert, subject, silence }: { cert: string; subject: string; silence: number },
): Promise<Wire> => {
  const expected = new X509Certificate(cert)
  const socket = connectTls({
    socket: bare,
    minVersion: 'TLSv1.2',
    ...(isIP(subject) === 0 && { servername: subject }),
    // Judged below, byte for byte, which Node's own verification cannot do.
    rejectUnauthorized: false,
  })
  await connected(socket, 'secureConnect')
  const shown = socket.getPeerX509Certificate()
  if (!shown?.raw.equals(expected.raw)) {
    socket.destroy()
    throw new CertificateError('its certificate is not the one that the pool names')
  }
  // Each check throws on what is not of its kind.
  const madeOut = isIP(subject) === 0 ? shown.checkHost(subject) : shown.checkIP(subject)
  if (madeOut === undefined) {
    socket.destroy()
    throw new CertificateError(`its certificate is not made out to "${subject}"`)
  }
  const sink = inbox()
  socket.on('data', (bytes: Buffer<ArrayBuffer>) => {
    sink.push(bytes)
    freeOwn(bytes)
  })
  return attach(socket, sink, silence)
}

/**
 * Gives the memory of a piece back at once. Node hands out each TLS record (16 KiB) in memory of its own, and the collector, which counts
 * that memory but finds only small objects, otherwise starts a full round for every 64 MiB: a quarter of the CPU of a backup.
 */
const freeOwn = ({ buffer, length }: Buffer<ArrayBuffer>): void => {
  // Nothing else can be in memory that the piece fills.
  if (buffer.byteLength === length) buffer.transfer(0)
}

export class CertificateError extends Error {}
