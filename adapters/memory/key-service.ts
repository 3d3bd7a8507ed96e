import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  KmsCiphertextError,
  KmsDeniedError,
  KmsKeyDisabledError,
  KmsKeyNotFoundError,
  KmsKeyPendingDeletionError,
  KmsKeyUnsuitableError,
  KmsThrottledError,
  KmsUnavailableError,
} from '#core/errors/key-service.ts'
import type { KeyContext, KeyService } from '#core/ports.ts'

/** What a call with a key meets. */
export type KeyState =
  | 'enabled'
  | 'disabled'
  | 'pending deletion'
  | 'unsuitable'
  | 'denied'
  | 'throttled'
  | 'unavailable'

/** A key management service for tests. */
export interface MemoryKeyService extends KeyService {
  /** @returns the new key's full name */
  createKey(alias?: string): string
  setState(key: string, state: KeyState): void
  /** How often it was asked to decrypt. */
  readonly decrypted: () => number
}

const troubles: Record<Exclude<KeyState, 'enabled'>, (key: string) => Error> = {
  disabled: key => new KmsKeyDisabledError(key),
  'pending deletion': key => new KmsKeyPendingDeletionError(key),
  unsuitable: key => new KmsKeyUnsuitableError(key, 'its state does not allow it'),
  denied: key => new KmsDeniedError(`use the key "${key}"`),
  throttled: key => new KmsThrottledError(`use the key "${key}"`),
  unavailable: key => new KmsUnavailableError(`use the key "${key}"`),
}

const bound = (context: KeyContext): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))))

export const memoryKeyService = (): MemoryKeyService => {
  const keys = new Map<string, { secret: Buffer; state: KeyState }>()
  const aliases = new Map<string, string>()
  let decrypted = 0

  const find = (name: string) => {
    const key = aliases.get(name) ?? name
    const found = keys.get(key)
    if (!found) throw new KmsKeyNotFoundError(name)
    if (found.state !== 'enabled') throw troubles[found.state](name)
    return { key, secret: found.secret }
  }

  return {
    createKey(alias) {
      const uuid = `00000000-0000-4000-8000-${String(keys.size + 1).padStart(12, '0')}`
      const key = `arn:aws:kms:eu-central-1:111122223333:key/${uuid}`
      keys.set(key, { secret: randomBytes(32), state: 'enabled' })
      if (alias) aliases.set(alias, key)
      return key
    },
    setState(key, state) {
      const found = keys.get(key)
      if (found) found.state = state
    },
    decrypted: () => decrypted,

    async encrypt(name, plaintext, context) {
      const { key, secret } = find(name)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(bound(context))
      const text = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return { key, ciphertext: Buffer.concat([nonce, cipher.getAuthTag(), text]) }
    },

    async decrypt(name, ciphertext, context) {
      decrypted++
      const { secret } = find(name)
      const b = Buffer.from(ciphertext)
      try {
        const cipher = createDecipheriv('aes-256-gcm', secret, b.subarray(0, 12), {
          authTagLength: 16,
        })
        cipher.setAAD(bound(context)).setAuthTag(b.subarray(12, 28))
        return Buffer.concat([cipher.update(b.subarray(28)), cipher.final()])
      } catch (error) {
        throw new KmsCiphertextError(name, error)
      }
    },
  }
}
