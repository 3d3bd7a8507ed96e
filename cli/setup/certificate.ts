import { connect } from 'node:tls'
import { XenkeepError } from '#core/errors/base.ts'

/** The first contact with a pool that nobody has vouched for yet. */
export class CertificateUnknownError extends XenkeepError {
  readonly code = 'CERTIFICATE_UNKNOWN'
  /** @param command to run when the fingerprint is the right one */
  constructor(url: string, fingerprint: string, command: string) {
    super(
      `The pool at ${url} shows a certificate that you have not confirmed yet, with the SHA-256 fingerprint ${fingerprint}.`,
      {
        advice: `Compare it with the one on the host itself (openssl x509 -noout -fingerprint -sha256 -in /etc/xensource/xapi-ssl.pem). If they are the same, run: ${command}`,
      },
    )
  }
}

/** Nobody answers, or not in TLS. */
class PoolUnreachableError extends XenkeepError {
  readonly code = 'XAPI_UNREACHABLE'
  constructor(url: string, why: string, cause?: unknown) {
    super(`No XenServer host answers at ${url}: ${why}.`, {
      advice:
        'Check that the host runs, its address, and the network and firewall in between (TCP 443).',
      retryable: true,
      cause,
    })
  }
}

/**
 * Connects once, sends nothing, and looks at the certificate.
 * @returns its SHA-256 fingerprint as `AA:BB:…`
 * @throws `XAPI_UNREACHABLE`
 */
export const fetchFingerprint = (url: string): Promise<string> => {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return new Promise((resolve, reject) => {
    // Nothing is sent to a host that is not verified; only its certificate is shown to the person who can verify it.
    const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false })
    const fail = (why: string, cause?: unknown) => {
      socket.destroy()
      reject(new PoolUnreachableError(url, why, cause))
    }
    socket.setTimeout(15_000, () => fail('no connection within 15 s'))
    socket.once('error', error => fail(error.message, error))
    socket.once('secureConnect', () => {
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      if (fingerprint256) resolve(fingerprint256)
      else reject(new PoolUnreachableError(url, 'it shows no certificate'))
    })
  })
}
