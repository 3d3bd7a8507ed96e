import { XenkeepError } from './base.ts'

/** The key management service refuses us. */
export class KmsDeniedError extends XenkeepError {
  readonly code = 'KMS_DENIED'
  /** @param what was tried: `use the key "arn:…"` */
  constructor(what: string, cause?: unknown) {
    super(`The key management service refused to ${what}: permission denied.`, {
      advice:
        'Check the credentials, and that key policy and IAM policy allow kms:Encrypt or kms:Decrypt on this very key with the encryption context of the repository.',
      cause,
    })
  }
}

/** The key management service knows no such key, or it was deleted. */
export class KmsKeyNotFoundError extends XenkeepError {
  readonly code = 'KMS_KEY_NOT_FOUND'
  constructor(key: string, cause?: unknown) {
    super(`The key management service has no key "${key}".`, {
      advice:
        'Check name, account and region of the key. If it was deleted, open the repository with its recovery key or a passphrase.',
      cause,
    })
  }
}

/** Somebody disabled the key. */
export class KmsKeyDisabledError extends XenkeepError {
  readonly code = 'KMS_KEY_DISABLED'
  constructor(key: string, cause?: unknown) {
    super(`The key "${key}" is disabled.`, {
      advice: 'Ask its administrator why, and have it enabled (kms:EnableKey).',
      cause,
    })
  }
}

/** The key is going to be deleted, and serves nobody until then. */
export class KmsKeyPendingDeletionError extends XenkeepError {
  readonly code = 'KMS_KEY_PENDING_DELETION'
  constructor(key: string, cause?: unknown) {
    super(`The key "${key}" is scheduled for deletion.`, {
      advice:
        'If backups are still needed, have the deletion cancelled before its day (kms:CancelKeyDeletion, then kms:EnableKey): afterwards nobody can.',
      cause,
    })
  }
}

/** The key exists, and cannot do this: no symmetric encryption key, or in a state that does not allow it. */
export class KmsKeyUnsuitableError extends XenkeepError {
  readonly code = 'KMS_KEY_UNSUITABLE'
  constructor(key: string, why: string, cause?: unknown) {
    super(`The key "${key}" cannot be used: ${why}.`, {
      advice: 'Name a symmetric key for ENCRYPT_DECRYPT that is enabled.',
      cause,
    })
  }
}

/** The ciphertext was made by another key, in another encryption context, or was changed. */
export class KmsCiphertextError extends XenkeepError {
  readonly code = 'KMS_CIPHERTEXT_REFUSED'
  constructor(key: string, cause?: unknown) {
    super(`The key "${key}" does not open what it should have wrapped.`, {
      advice:
        'Check that it is the key that was named when the slot was made. If it is, the slot was changed: open the repository in another way.',
      cause,
    })
  }
}

/** The key management service asks us to slow down. */
export class KmsThrottledError extends XenkeepError {
  readonly code = 'KMS_THROTTLED'
  constructor(what: string, cause?: unknown) {
    super(`The key management service answered too many requests, asked to ${what}.`, {
      advice: "Try again in a minute; if this lasts, look at the account's request quota.",
      retryable: true,
      cause,
    })
  }
}

/** The key management service cannot be reached, or fails for the moment. */
export class KmsUnavailableError extends XenkeepError {
  readonly code = 'KMS_UNAVAILABLE'
  constructor(what: string, cause?: unknown) {
    super(`The key management service cannot be reached, or fails, asked to ${what}.`, {
      advice:
        'Try again; if this lasts, check the network, the region, and the state of the service.',
      retryable: true,
      cause,
    })
  }
}

/** TLS did not prove that the key management service is who it should be. */
export class KmsUntrustedError extends XenkeepError {
  readonly code = 'KMS_UNTRUSTED'
  constructor(cause?: unknown) {
    super('The certificate of the key management service was not accepted; nothing was sent.', {
      advice:
        'Check the endpoint, or make the authority that signed its certificate known (NODE_EXTRA_CA_CERTS).',
      cause,
    })
  }
}
