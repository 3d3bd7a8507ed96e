import {
  DecryptCommand,
  EncryptCommand,
  KMSClient,
  type KMSClientConfig,
} from '@aws-sdk/client-kms'
import { KmsUnavailableError } from '#core/errors/key-service.ts'
import type { KeyService } from '#core/ports.ts'
import { toKmsError } from './kms-error.ts'

/** How to reach KMS; what is left out comes from the SDK's own places (environment, profile, instance role). */
export interface KmsOptions {
  /** for keys that are not named by an ARN, which tells its own region */
  region?: string
  /** of a VPC, or of a stand-in; `AWS_ENDPOINT_URL_KMS` serves too */
  endpoint?: string
  credentials?: NonNullable<KMSClientConfig['credentials']>
  /** calls of one kind until an error is told; the SDK's own 3 unless told */
  maxAttempts?: number
}

/** Patience with a silent KMS. */
const TIMES = {
  connectionTimeout: 10_000, // ms until TLS is up
  requestTimeout: 20_000, // ms until the answer
  throwOnRequestTimeout: true,
}

// arn:aws:kms:eu-central-1:111122223333:key/…
const REGION = /^arn:[a-z-]+:kms:([a-z0-9-]+):/

/**
 * AWS KMS, symmetric keys. The SDK repeats what failed for a moment.
 *
 * Needs kms:Decrypt, and kms:Encrypt where slots are made, best on one key and with a condition on
 * `kms:EncryptionContext:xenkeep:repository`.
 */
export const kmsKeyService = (options: KmsOptions = {}): KeyService => {
  const clients = new Map<string, KMSClient>()
  const clientFor = (key: string): KMSClient => {
    const region = REGION.exec(key)?.[1] ?? options.region
    const known = clients.get(region ?? '')
    if (known) return known
    const { endpoint, credentials, maxAttempts } = options
    const client = new KMSClient({
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
      ...(maxAttempts !== undefined && { maxAttempts }),
      requestHandler: TIMES,
    })
    clients.set(region ?? '', client)
    return client
  }

  return {
    async encrypt(key, plaintext, context) {
      const command = new EncryptCommand({
        KeyId: key,
        Plaintext: plaintext,
        EncryptionContext: context,
      })
      const answer = await clientFor(key)
        .send(command)
        .catch(error => {
          throw toKmsError(error, key)
        })
      const { KeyId, CiphertextBlob } = answer
      if (!KeyId || !CiphertextBlob) throw new KmsUnavailableError(`use the key "${key}"`)
      return { key: KeyId, ciphertext: CiphertextBlob }
    },

    async decrypt(key, ciphertext, context) {
      const command = new DecryptCommand({
        KeyId: key,
        CiphertextBlob: ciphertext,
        EncryptionContext: context,
      })
      const { Plaintext } = await clientFor(key)
        .send(command)
        .catch(error => {
          throw toKmsError(error, key)
        })
      if (!Plaintext) throw new KmsUnavailableError(`use the key "${key}"`)
      return Plaintext
    },
  }
}
