import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, isIPv6, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { SyslogTarget } from '#core/contracts/channels.ts'
import type { GatewayMessage } from '#core/contracts/channels-api.ts'
import type { Secrets } from '#core/ports.ts'
import { framed, syslogMessage } from './syslog-format.ts'

export interface SyslogHost {
  secrets: Secrets
  /** Name of this machine. */
  host: string
  /** Receivers that took a message and never said that they read it; kept by whoever calls, for as long as the program runs. */
  unread: Set<string>
  timing?: SyslogTiming
}

/** In ms. */
export interface SyslogTiming {
  /** For the connection, and again for the receiver's end of it. */
  limit: number
  /** How long a new connection is looked at before anything is sent. */
  settle: number
}

const TIMING: SyslogTiming = {
  limit: 10_000,
  // What stands before a receiver that is down (a load balancer) takes a connection and ends it at once.
  settle: 200,
}

/**
 * Sends one message. With UDP it was sent and nobody knows more. Syslog over TCP and TLS knows no receipt either, but an end: we end our side behind the message,
 * and a receiver that ends its own then has read all of it; a system whose program had not would reset the connection (RFC 1122, section 4.2.2.13), and over TLS the
 * end has to be answered (RFC 5425, section 4.4). Before a receiver that once did not answer gets a message again, it has to answer the end of an empty connection: while it
 * hangs, no copy after the other piles up there (docs/decisions/0257-the-end-of-a-connection-is-the-receipt-of-syslog.md).
 * @throws what went wrong with the connection
 */
export const sendSyslog = async (
  message: GatewayMessage & { to: SyslogTarget },
  { secrets, host, unread, timing = TIMING }: SyslogHost,
): Promise<void> => {
  const { to } = message
  const bytes = syslogMessage(message, host)
  if (to.transport === 'udp') return sendUdp(to, bytes)
  const open = to.transport === 'tls' ? await tlsOpener(to, secrets) : () => openTcp(to)
  const receiver = `${to.transport} ${to.host} ${to.port}`
  if (unread.has(receiver)) {
    await sendOver(open(), to, Buffer.alloc(0), timing)
    unread.delete(receiver)
  }
  await sendOver(open(), to, framed(bytes), timing).catch(error => {
    if (error instanceof UnreadError) unread.add(receiver)
    throw error
  })
}

/** The receiver did not end the connection: its system has the message, and whether its program will read it nobody knows. */
class UnreadError extends Error {}

const sendUdp = ({ host, port = 514 }: SyslogTarget, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    const done = (error?: Error | null) => {
      socket.close()
      if (error) reject(error)
      else resolve()
    }
    socket.once('error', done)
    socket.send(bytes, port, host, done)
  })

const openTcp = ({ host, port = 514 }: SyslogTarget): Socket =>
  connect({ host, port, allowHalfOpen: true })

/** RFC 5425: certificates are verified against the name that we call, by the authority of the channel or those that everybody knows. */
const tlsOpener = async (
  { host, port = 6514, ca, clientCertificate }: SyslogTarget,
  secrets: Secrets,
): Promise<() => Socket> => {
  const pem = clientCertificate === undefined ? undefined : await secrets.read(clientCertificate)
  const options = {
    host,
    port,
    servername: isIPv6(host) || /^[\d.]+$/.test(host) ? '' : host,
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: await secrets.read(ca) }),
    ...(pem === undefined ? {} : { cert: pem, key: pem }),
  }
  return () => connectTls(options)
}

/** @throws `UnreadError`, or what went wrong */
const sendOver = async (
  socket: Socket,
  { transport, confirmation }: SyslogTarget,
  bytes: Buffer,
  { limit, settle }: SyslogTiming,
): Promise<void> => {
  const inTime = `within ${limit / 1_000} s`
  let failure: Error | undefined
  let isEnded = false
  socket.on('error', error => {
    failure ??= error
  })
  socket.once('end', () => {
    isEnded = true
  })
  const happens = async (event: string, otherwise: Error): Promise<void> => {
    if (failure) throw failure
    await once(socket, event, { signal: AbortSignal.timeout(limit) }).catch(error => {
      throw error.name === 'AbortError' ? otherwise : error
    })
  }
  try {
    const connected = transport === 'tls' ? 'secureConnect' : 'connect'
    await happens(connected, new Error(`there was no answer ${inTime}`))
    socket.resume()
    await Promise.race([once(socket, 'end'), setTimeout(settle)])
    if (failure) throw failure
    if (isEnded) throw new Error('it ended the connection before anything was sent')
    socket.end(bytes)
    await happens('finish', new Error(`it took nothing ${inTime}`))
    if (confirmation === 'none' || isEnded) return
    await happens(
      'end',
      new UnreadError(
        `it took the message and did not end the connection ${inTime}, so that nobody knows whether it read it. A receiver that never does needs "confirmation": "none" in its channel`,
      ),
    )
  } finally {
    socket.destroy()
  }
}
