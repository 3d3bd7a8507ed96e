import 'reflect-metadata'
import { KeyObject, webcrypto, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import type { HostCertificate } from './state.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 24 * 60 * 60 * 1000

/** A self-signed certificate such as every host makes at installation, for its DNS name and its address. */
export const selfSigned = async (hostname: string, address: string): Promise<HostCertificate> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const now = Date.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${hostname}`,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 3650 * DAY_MS), // ten years, as XenServer gives
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: hostname },
        ...(isIP(address) ? [{ type: 'ip' as const, value: address }] : []),
      ]),
    ],
  })
  const certificatePem = certificate.toString('pem')
  return {
    certificatePem,
    keyPem: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: new X509Certificate(certificatePem).fingerprint256,
    subject: hostname,
  }
}
