import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KeyState } from '#adapters/memory/key-service.ts'
import type { KeyService } from '#core/ports.ts'

export interface KeyServiceUnderTest {
  service: KeyService
  /** @returns the full name of a new key */
  createKey: (alias?: string) => string
  setState: (key: string, state: KeyState) => void
  close?: () => Promise<void>
}

/** What `KeyService` promises, on any adapter. */
export const testKeyService = (name: string, open: () => Promise<KeyServiceUnderTest>) =>
  describe(`key service: ${name}`, () => {
    let under: KeyServiceUnderTest
    let service: KeyService
    const secret = Buffer.from('32 bytes that nobody else knows.')
    const context = { 'xenkeep:repository': 'ab'.repeat(16) }
    beforeAll(async () => {
      under = await open()
      service = under.service
    })
    afterAll(async () => under?.close?.())

    test('what was encrypted is decrypted, by the same key in the same context', async () => {
      const key = under.createKey()
      const { key: by, ciphertext } = await service.encrypt(key, secret, context)
      expect(by).toBe(key)
      expect(Buffer.from(ciphertext).includes(secret)).toBe(false)
      expect(Buffer.from(await service.decrypt(key, ciphertext, context))).toEqual(secret)
      const again = await service.encrypt(key, secret, context)
      expect(Buffer.from(again.ciphertext).equals(ciphertext)).toBe(false)
    })

    test('4,096 bytes are taken', async () => {
      const key = under.createKey()
      const much = Buffer.alloc(4096, 7)
      const { ciphertext } = await service.encrypt(key, much, context)
      expect(Buffer.from(await service.decrypt(key, ciphertext, context))).toEqual(much)
    })

    test('an alias stands for its key, whose full name is told', async () => {
      const key = under.createKey('alias/backup')
      const { key: by, ciphertext } = await service.encrypt('alias/backup', secret, context)
      expect(by).toBe(key)
      for (const name of [key, 'alias/backup'])
        expect(Buffer.from(await service.decrypt(name, ciphertext, context))).toEqual(secret)
    })

    test.each<[string, Record<string, string>]>([
      ['another context', { 'xenkeep:repository': 'cd'.repeat(16) }],
      ['no context', {}],
      ['more context', { ...context, more: 'of it' }],
    ])('%s opens nothing', async (_, other) => {
      const key = under.createKey()
      const { ciphertext } = await service.encrypt(key, secret, context)
      await expect(service.decrypt(key, ciphertext, other)).rejects.toMatchObject({
        code: 'KMS_CIPHERTEXT_REFUSED',
        message: `The key "${key}" does not open what it should have wrapped.`,
        retryable: false,
      })
    })

    test('another key opens nothing, nor does the key what was changed', async () => {
      const [key, other] = [under.createKey(), under.createKey()]
      const { ciphertext } = await service.encrypt(key, secret, context)
      const refused = { code: 'KMS_CIPHERTEXT_REFUSED' }
      await expect(service.decrypt(other, ciphertext, context)).rejects.toMatchObject(refused)
      const changed = Buffer.from(ciphertext)
      changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
      await expect(service.decrypt(key, changed, context)).rejects.toMatchObject(refused)
    })

    test.each<[KeyState, string, boolean, (key: string) => string]>([
      ['disabled', 'KMS_KEY_DISABLED', false, key => `The key "${key}" is disabled.`],
      [
        'pending deletion',
        'KMS_KEY_PENDING_DELETION',
        false,
        key => `The key "${key}" is scheduled for deletion.`,
      ],
      [
        'unsuitable',
        'KMS_KEY_UNSUITABLE',
        false,
        key => `The key "${key}" cannot be used: its state does not allow it.`,
      ],
      [
        'denied',
        'KMS_DENIED',
        false,
        key => `The key management service refused to use the key "${key}": permission denied.`,
      ],
      [
        'throttled',
        'KMS_THROTTLED',
        true,
        key =>
          `The key management service answered too many requests, asked to use the key "${key}".`,
      ],
      [
        'unavailable',
        'KMS_UNAVAILABLE',
        true,
        key =>
          `The key management service cannot be reached, or fails, asked to use the key "${key}".`,
      ],
    ])('a key that is %s', async (state, code, retryable, message) => {
      const key = under.createKey()
      const { ciphertext } = await service.encrypt(key, secret, context)
      under.setState(key, state)
      for (const call of [
        service.encrypt(key, secret, context),
        service.decrypt(key, ciphertext, context),
      ]) {
        const error = await call.then(
          () => undefined,
          caught => caught,
        )
        expect(error).toMatchObject({ code, message: message(key), retryable })
        expect(error.message + error.advice).not.toContain('32 bytes that nobody')
      }
      under.setState(key, 'enabled')
      expect(Buffer.from(await service.decrypt(key, ciphertext, context))).toEqual(secret)
    })

    test('a key that is not there', async () => {
      const missing =
        'arn:aws:kms:eu-central-1:111122223333:key/99999999-0000-4000-8000-000000000000'
      await expect(service.encrypt(missing, secret, context)).rejects.toMatchObject({
        code: 'KMS_KEY_NOT_FOUND',
        message: `The key management service has no key "${missing}".`,
      })
    })
  })
