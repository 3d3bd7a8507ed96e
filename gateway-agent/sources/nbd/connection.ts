import { NbdFailedError } from '#core/errors/xenserver.ts'
import type { NbdInfo } from '../../xapi/records.ts'
import {
  assertGreeting,
  clientFlags,
  disconnectRequest,
  EXPORT_REPLY_SIZE,
  exportSize,
  GREETING_SIZE,
  NbdProtocolError,
  OPT_EXPORT_NAME,
  OPT_STARTTLS,
  OPTION_REPLY_SIZE,
  option,
  parseOptionReply,
  parseReply,
  REP_ACK,
  REPLY_SIZE,
  readRequest,
} from './protocol.ts'
import { CertificateError, openBare, openPlain, startTls, type Wire } from './wire.ts'

/** One connection to an export, for reading. The server answers one request after the other, in order. */
export interface NbdConnection {
  /** bytes */
  readonly size: number
  /** Requests that are not answered yet. */
  readonly outstanding: number
  /**
   * @param offset bytes, a multiple of 512
   * @param target a multiple of 512 bytes, at most 2 MiB; nothing is written to it any more once the promise has settled
   * @returns when it is filled
   * @throws `NBD_FAILED`; all requests on the way fail with it
   */
  read(offset: number, target: Uint8Array): Promise<void>
  close(): void
}

export type NbdExport = NbdInfo & {
  /** From the network's purpose: TLS forced by the server, or clear text. */
  tls: boolean
  /** Milliseconds without a byte, while some are waited for, after which the host counts as dead. */
  silence: number
}

const greet = async ({ inbox, write }: Wire): Promise<void> => {
  assertGreeting(await inbox.take(Buffer.alloc(GREETING_SIZE)))
  write(clientFlags())
}

const agreeOnTls = async ({ inbox, write }: Wire): Promise<void> => {
  write(option(OPT_STARTTLS))
  const { type, length } = parseOptionReply(await inbox.take(Buffer.alloc(OPTION_REPLY_SIZE)))
  if (length > 0) await inbox.take(Buffer.alloc(Math.min(length, 4_096)))
  if (type !== REP_ACK) throw new NbdProtocolError('it refuses TLS')
}

const openWire = async (target: NbdExport, signal: AbortSignal): Promise<Wire> => {
  if (!target.tls) {
    const wire = await openPlain(target, signal)
    await greet(wire)
    return wire
  }
  const { wire, stop } = await openBare(target, signal)
  try {
    await greet(wire)
    await agreeOnTls(wire)
    return await startTls(stop(), target)
  } catch (error) {
    wire.destroy(error as Error)
    throw error
  }
}

/** The export name holds the session, so no message may repeat it. */
const failed = ({ address, port }: NbdExport, error: unknown): NbdFailedError => {
  const why = error instanceof Error ? error.message : String(error)
  const reconnect = !(error instanceof CertificateError)
  return new NbdFailedError(`${address}:${port}`, why, { reconnect, cause: error })
}

interface Pending {
  target: Uint8Array
  resolve(): void
  reject(error: unknown): void
}

/** Receives answers, each a header and the data of the request that it names (xapi-nbd keeps the order, others need not). */
const answersFrom = ({ inbox }: Wire) => {
  const pending = new Map<bigint, Pending>()
  const header = Buffer.alloc(REPLY_SIZE)

  const failAll = (error: unknown): void => {
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }
  const next = (): void => {
    inbox.take(header, receive).catch(failAll)
  }
  const receive = (bytes: Buffer): void => {
    const handle = parseReply(bytes)
    const request = pending.get(handle)
    if (!request) throw new NbdProtocolError('it answers a read that nobody asked for')
    const done = () => {
      pending.delete(handle)
      request.resolve()
      if (pending.size > 0) next()
    }
    inbox.take(request.target, done).catch(failAll)
  }

  return {
    pending,
    expect: (handle: bigint, request: Pending): void => {
      pending.set(handle, request)
      if (inbox.waiting === 0) next()
    },
  }
}

const transmission = (wire: Wire, size: number, peer: NbdExport): NbdConnection => {
  let handle = 0n
  const { pending, expect } = answersFrom(wire)
  return {
    size,
    get outstanding() {
      return pending.size
    },
    read: async (offset, target) => {
      const own = ++handle
      try {
        await new Promise<void>((resolve, reject) => {
          // The wait stands before the request leaves, so that its answer finds a buffer.
          expect(own, { target, resolve, reject })
          wire.write(readRequest(own, offset, target.length))
        })
      } catch (error) {
        wire.destroy(error as Error)
        throw failed(peer, error)
      }
    },
    close: () => {
      wire.write(disconnectRequest())
      wire.end()
    },
  }
}

/**
 * Opens an export by EXPORT_NAME, the only way xapi-nbd knows. A refused export looks like a closed connection: bad or
 * dead session, a disk that cannot be attached, or more than 16 connections.
 * @param signal gives the opening up; a connection that is open is closed by its owner
 * @throws `NBD_FAILED`; the signal's reason
 */
export const openNbd = async (target: NbdExport, signal: AbortSignal): Promise<NbdConnection> => {
  let wire: Wire | undefined
  // One of its own, so that nothing of an open connection hangs on the job's.
  const givingUp = new AbortController()
  const onAbort = () => givingUp.abort(signal.reason)
  signal.throwIfAborted()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    wire = await openWire(target, givingUp.signal)
    wire.write(option(OPT_EXPORT_NAME, Buffer.from(target.exportname)))
    const size = exportSize(await wire.inbox.take(Buffer.alloc(EXPORT_REPLY_SIZE)))
    return transmission(wire, size, target)
  } catch (error) {
    wire?.destroy(error as Error)
    signal.throwIfAborted()
    throw failed(target, error)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
