import { asXenkeepError } from '#core/errors/base.ts'
import {
  KmsCiphertextError,
  KmsDeniedError,
  KmsKeyDisabledError,
  KmsKeyNotFoundError,
  KmsKeyPendingDeletionError,
  KmsKeyUnsuitableError,
  KmsThrottledError,
  KmsUnavailableError,
  KmsUntrustedError,
} from '#core/errors/key-service.ts'
import { AwsRegionMissingError } from '#core/errors/settings.ts'
import { describeAwsError } from './aws-error.ts'

// Names from the API reference of AWS KMS: Encrypt, Decrypt, and the errors common to all actions. Most come with status 400.
const DENIED = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
])
const THROTTLED = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'LimitExceededException',
])

/** @returns the key service's own error for one of the SDK */
export const toKmsError = (error: unknown, key: string): Error => {
  const { name, status, network, certificate, credentials, regionMissing } = describeAwsError(error)
  const what = `use the key "${key}"`
  if (regionMissing) return new AwsRegionMissingError(error)
  if (certificate) return new KmsUntrustedError(error)
  if (credentials || DENIED.has(name)) return new KmsDeniedError(what, error)
  if (network) return new KmsUnavailableError(what, error)
  if (THROTTLED.has(name) || status === 429) return new KmsThrottledError(what, error)
  switch (name) {
    case 'NotFoundException':
      return new KmsKeyNotFoundError(key, error)
    case 'DisabledException':
      return new KmsKeyDisabledError(key, error)
    case 'KMSInvalidStateException':
      // The only place where the service tells states apart: "arn:… is pending deletion."
      return /pending (replica )?deletion/i.test((error as Error).message)
        ? new KmsKeyPendingDeletionError(key, error)
        : new KmsKeyUnsuitableError(key, 'its state does not allow it', error)
    case 'InvalidKeyUsageException':
      return new KmsKeyUnsuitableError(key, 'it is not for symmetric encryption', error)
    case 'ValidationException':
    case 'InvalidArnException':
      return new KmsKeyUnsuitableError(key, 'the service does not take this name', error)
    case 'InvalidCiphertextException':
    case 'IncorrectKeyException':
      return new KmsCiphertextError(key, error)
  }
  if (status === 401 || status === 403) return new KmsDeniedError(what, error)
  if (status >= 500) return new KmsUnavailableError(what, error)
  return asXenkeepError(error)
}
