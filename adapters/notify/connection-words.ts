import { PRIVATE, PrivateAddressError } from './public-address.ts'

const WORDS: Record<string, string> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  ETIMEDOUT: 'it does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is from an unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/**
 * Why a connection came to nothing, in words that stand in a sentence.
 * @param timeLimit in ms, for what was given up
 */
export const connectionWords = (error: NodeJS.ErrnoException, timeLimit: number): string => {
  if (error instanceof PrivateAddressError) return PRIVATE
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `there was no answer within ${timeLimit / 1_000} s`
  return WORDS[error.code ?? ''] ?? `the connection failed (${error.code ?? error.message})`
}
