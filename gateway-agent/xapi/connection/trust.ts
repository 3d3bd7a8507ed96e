import { createHash } from 'node:crypto'
import { Agent as PlainAgent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure, type TLSSocket } from 'node:tls'
import { XapiCertificateMismatchError, XapiUnreachableError } from '#core/errors/xenserver.ts'
import type { PoolOptions } from '../api.ts'
import { type Endpoint, endpointName } from './endpoint.ts'

const CONNECT_TIMEOUT = 15_000
/** Longer than between two long polls; XAPI itself keeps an idle connection for hours. */
const IDLE_SOCKET_TIMEOUT = 45_000

/** @returns lower-case hex without colons */
const plainFingerprint = (fingerprint: string): string =>
  fingerprint.replaceAll(':', '').trim().toLowerCase()

/** SHA-256 over the DER certificate, as `openssl x509 -fingerprint -sha256` shows it without colons. */
const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex')

type Trust = Pick<PoolOptions, 'fingerprints' | 'ca'>

const assertTrusted = (socket: TLSSocket, endpoint: Endpoint, { fingerprints = [], ca }: Trust) => {
  const der = socket.getPeerCertificate().raw
  const fingerprint = der ? fingerprintOf(der) : ''
  if (fingerprints.some(pinned => plainFingerprint(pinned) === fingerprint)) return
  if (ca !== undefined && socket.authorized) return
  const why =
    ca === undefined
      ? 'it is not the pinned one'
      : `the CA file does not vouch for it (${socket.authorizationError?.message ?? socket.authorizationError})`
  throw new XapiCertificateMismatchError(endpointName(endpoint), fingerprint, why)
}

/**
 * Opens a connection and checks the certificate before anyone can write to it.
 * @throws `XAPI_CERTIFICATE_MISMATCH`, `XAPI_UNREACHABLE`
 */
const connectVerified = (endpoint: Endpoint, trust: Trust): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { host, port, secure } = endpoint
    const socket = secure
      ? connectSecure({
          host,
          port,
          minVersion: 'TLSv1.2',
          ...(isIP(host) === 0 && { servername: host }),
          ...(trust.ca !== undefined && { ca: trust.ca }),
          // Judged by assertTrusted instead: Node knows no pinning, and a pinned certificate is usually self-signed.
          rejectUnauthorized: false,
        })
      : connectPlain({ host, port })
    const fail = (error: unknown) => {
      socket.destroy()
      reject(
        error instanceof XapiCertificateMismatchError
          ? error
          : new XapiUnreachableError(
              [endpointName(endpoint)],
              error instanceof Error ? error.message : String(error),
              error,
            ),
      )
    }
    const onTimeout = () => fail(new Error(`no connection within ${CONNECT_TIMEOUT / 1000} s`))
    socket.setTimeout(CONNECT_TIMEOUT, onTimeout)
    socket.once('error', fail)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      try {
        if (secure) assertTrusted(socket as TLSSocket, endpoint, trust)
      } catch (error) {
        fail(error)
        return
      }
      socket.setTimeout(0)
      socket.off('timeout', onTimeout)
      socket.off('error', fail)
      socket.setKeepAlive(true, 30_000)
      resolve(socket)
    })
  })

/** A keep-alive agent whose connections are all verified. One per endpoint: it ignores the address in the request. */
export const verifiedAgent = (endpoint: Endpoint, trust: Trust): PlainAgent => {
  const agent = endpoint.secure
    ? new SecureAgent({ keepAlive: true, timeout: IDLE_SOCKET_TIMEOUT })
    : new PlainAgent({ keepAlive: true, timeout: IDLE_SOCKET_TIMEOUT })
  const createConnection: PlainAgent['createConnection'] = (_options, callback) => {
    connectVerified(endpoint, trust).then(
      socket => callback?.(null, socket),
      error => callback?.(error, undefined as never),
    )
    return undefined
  }
  return Object.assign(agent, { createConnection })
}
