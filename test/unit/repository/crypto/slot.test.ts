import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeSlot,
  type Slot,
  type SlotParameters,
  unwrapRoot,
  wrapRoot,
} from '#repository/crypto/slot.ts'
import { argon2idKey } from '#repository/crypto/wrapping-keys.ts'
import { FormatError, hex } from '#repository/format/bytes.ts'

const root = Buffer.from([...Array(32).keys()])
const repositoryId = 'ab'.repeat(16)
const salt = '5a'.repeat(32)
const cost = { memoryKiB: 64, passes: 2, lanes: 2 }

/** Computed by a Python script from docs/repository-format.md and RFC 9106 (cryptography 48), not by this code. */
const ARGON2_SLOT =
  '{"crc32":"53ecd3e8","lanes":2,"memoryKiB":64,"passes":2,"repositoryId":"abababababababababababababababab","salt":"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a","slot":"argon2id","version":1,"wrapped":"qLWxSSYDB+7a+LCZ36WNmK1h/3RrFN5QKtboDVsWDVG5dDTbUFPkEUiTvTIPTtkP"}'
const KMS_SLOT =
  '{"crc32":"af2916c1","encryptedKey":"YmxvYg==","key":"arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001","repositoryId":"abababababababababababababababab","slot":"kms","version":1,"wrapped":"HAy1yi6YqMQfXB+uIIVx+URdN5vdmUgusxovlB/NN/MfoY73KL8rn5DTyHxZBSiD"}'

describe('vectors', () => {
  test('argon2id, of decomposed letters', async () => {
    const key = await argon2idKey('Gru\u0308\u00dfe', { ...cost, salt })
    expect(hex(key)).toBe('8120d19f495151e5de0120d5b1bc09d4df8f18d2cbaaf0b5d893ce8692b2fe41')
    const parameters = { slot: 'argon2id' as const, version: 1 as const, repositoryId, salt }
    expect(wrapRoot({ ...parameters, ...cost }, key, root).toString()).toBe(ARGON2_SLOT)
    expect(unwrapRoot(decodeSlot(JSON.parse(ARGON2_SLOT)) as Slot, key)).toEqual(root)
  })

  test('kms', () => {
    const wrappingKey = Buffer.alloc(32, 0x77)
    const parameters = {
      slot: 'kms' as const,
      version: 1 as const,
      repositoryId,
      key: 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001',
      encryptedKey: Buffer.from('blob').toString('base64'),
    }
    expect(wrapRoot(parameters, wrappingKey, root).toString()).toBe(KMS_SLOT)
    expect(unwrapRoot(decodeSlot(JSON.parse(KMS_SLOT)) as Slot, wrappingKey)).toEqual(root)
  })

  test('the second recommended option of RFC 9106 is within the bounds of readers', async () => {
    const parameters = { slot: 'argon2id' as const, version: 1 as const, repositoryId, salt }
    const second = { ...parameters, memoryKiB: 64 * 1024, passes: 3, lanes: 4 }
    const bytes = wrapRoot(second, Buffer.alloc(32), root)
    expect(decodeSlot(JSON.parse(bytes.toString()))).toMatchObject({ memoryKiB: 65536 })
  })
})

const hexOf = (size: number) => fc.uint8Array({ minLength: size, maxLength: size }).map(hex)
const common = { version: fc.constant(1 as const), repositoryId: hexOf(16) }
const parameters: fc.Arbitrary<SlotParameters> = fc.oneof(
  fc.record({
    slot: fc.constant('scrypt' as const),
    logN: fc.integer({ min: 10, max: 20 }),
    r: fc.constant(8 as const),
    p: fc.constant(1 as const),
    salt: hexOf(32),
    ...common,
  }),
  fc.record({
    slot: fc.constant('argon2id' as const),
    memoryKiB: fc.integer({ min: 128, max: 2 ** 18 }),
    passes: fc.integer({ min: 1, max: 16 }),
    lanes: fc.integer({ min: 1, max: 16 }),
    salt: hexOf(32),
    ...common,
  }),
  fc.record({ slot: fc.constant('recovery' as const), salt: hexOf(32), ...common }),
  fc.record({
    slot: fc.constant('kms' as const),
    key: fc.string({ minLength: 1, maxLength: 200 }),
    encryptedKey: fc.uint8Array().map(bytes => Buffer.from(bytes).toString('base64')),
    ...common,
  }),
)
const key = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('any slot', () => {
  test('opens with its wrapping key and no other', () => {
    fc.assert(
      fc.property(parameters, key, key, key, (slot, wrappingKey, other, secret) => {
        const decoded = decodeSlot(
          JSON.parse(wrapRoot(slot, wrappingKey, secret).toString()),
        ) as Slot
        expect(decoded).toMatchObject(slot)
        expect(unwrapRoot(decoded, wrappingKey)).toEqual(Buffer.from(secret))
        fc.pre(!Buffer.from(other).equals(wrappingKey))
        expect(unwrapRoot(decoded, other)).toBeUndefined()
        expect(unwrapRoot(decoded, wrappingKey.subarray(1))).toBeUndefined()
      }),
    )
  })

  test('with a byte changed is damage, and never opens', () => {
    fc.assert(
      fc.property(
        parameters,
        key,
        key,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (slot, wrappingKey, secret, at, change) => {
          const bytes = wrapRoot(slot, wrappingKey, secret)
          const place = at % bytes.length
          bytes[place] = (bytes[place] as number) ^ change
          let json: unknown
          try {
            json = JSON.parse(bytes.toString())
          } catch {
            return
          }
          expect(() => decodeSlot(json)).toThrow(FormatError)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('that was moved to another repository, or made cheaper, does not open although its checksum is right', () => {
    fc.assert(
      fc.property(parameters, key, key, hexOf(16), (slot, wrappingKey, secret, elsewhere) => {
        fc.pre(elsewhere !== slot.repositoryId)
        const whole = decodeSlot(JSON.parse(wrapRoot(slot, wrappingKey, secret).toString())) as Slot
        expect(unwrapRoot({ ...whole, repositoryId: elsewhere }, wrappingKey)).toBeUndefined()
        if (whole.slot === 'scrypt')
          expect(unwrapRoot({ ...whole, logN: whole.logN + 1 }, wrappingKey)).toBeUndefined()
      }),
    )
  })
})
