import { createSocket } from 'node:dgram'
import { connect, isIPv6, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { SyslogTarget } from '#core/contracts/channels.ts'
import type { GatewayMessage } from '#core/contracts/channels-api.ts'
import type { Secrets } from '#core/ports.ts'
import { framed, syslogMessage } from './syslog-format.ts'

const TIME_LIMIT = 10_000 // ms

/**
 * Sends one message. With UDP it was sent and nobody knows more. With TCP and TLS the receiver's system has taken it: syslog knows no receipt, so that a
 * receiver that dies right then may lose it.
 * @throws what went wrong with the connection
 */
export const sendSyslog = async (
  message: GatewayMessage & { to: SyslogTarget },
  { secrets, host }: { secrets: Secrets; host: string },
): Promise<void> => {
  const { to } = message
  const bytes = syslogMessage(message, host)
  if (to.transport === 'udp') return sendUdp(to, bytes)
  const socket = to.transport === 'tls' ? await openTls(to, secrets) : openTcp(to)
  await sendOver(socket, to, framed(bytes))
}

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

const openTcp = ({ host, port = 514 }: SyslogTarget): Socket => connect({ host, port })

/** RFC 5425: certificates are verified against the name that we call, by the authority of the channel or those that everybody knows. */
const openTls = async (
  { host, port = 6514, ca, clientCertificate }: SyslogTarget,
  secrets: Secrets,
): Promise<Socket> => {
  const pem = clientCertificate === undefined ? undefined : await secrets.read(clientCertificate)
  return connectTls({
    host,
    port,
    servername: isIPv6(host) || /^[\d.]+$/.test(host) ? '' : host,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: await secrets.read(ca) }),
    ...(pem === undefined ? {} : { cert: pem, key: pem }),
  })
}

const sendOver = (socket: Socket, { transport }: SyslogTarget, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const give = setTimeout(
      () => socket.destroy(new Error(`there was no answer within ${TIME_LIMIT / 1_000} s`)),
      TIME_LIMIT,
    )
    let failure: Error | undefined
    socket.once('error', error => {
      failure = error
    })
    socket.once('close', () => {
      clearTimeout(give)
      if (failure) reject(failure)
      else resolve()
    })
    socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => socket.end(bytes))
    socket.resume()
  })
