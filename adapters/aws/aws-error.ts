/** What an error of the AWS SDK says about its origin. */
export interface AwsErrorFacts {
  /** The service's name for it: `NoSuchKey`; or Node's, for an error before any answer. */
  name: string
  /** HTTP status of the answer, 0 without one. */
  status: number
  /** No whole answer arrived: refused, reset, timed out. */
  network: boolean
  /** TLS refused the other side. */
  certificate: boolean
  /** No credentials were found, or their provider failed. */
  credentials: boolean
  /** No region was found. */
  regionMissing: boolean
}

// Node's codes: DEPTH_ZERO_SELF_SIGNED_CERT, CERT_HAS_EXPIRED, ERR_TLS_CERT_ALTNAME_INVALID, UNABLE_TO_VERIFY_LEAF_SIGNATURE …
const CERTIFICATE = /CERT|^UNABLE_TO_|^ERR_TLS_/
const NETWORK = /^(E[A-Z]+|EAI_[A-Z]+|ERR_STREAM_PREMATURE_CLOSE)$/

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** @param error anything that a call of the SDK threw */
export const describeAwsError = (error: unknown): AwsErrorFacts => {
  const { name, code, message, $metadata } = (error ?? {}) as { [member: string]: unknown }
  const meta = ($metadata ?? {}) as { httpStatusCode?: number }
  const nodeCode = textOf(code)
  return {
    name: textOf(name),
    status: meta.httpStatusCode ?? 0,
    network: NETWORK.test(nodeCode) || name === 'TimeoutError' || message === 'aborted',
    certificate: CERTIFICATE.test(nodeCode),
    regionMissing: message === 'Region is missing',
    credentials: name === 'CredentialsProviderError' || name === 'TokenProviderError',
  }
}
