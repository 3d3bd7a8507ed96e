import { EmptyPassphraseError } from '#core/errors/repository.ts'
import { ObjectExistsError } from '#core/errors/store.ts'
import type { KeyService, ObjectStore, Random } from '#core/ports.ts'
import { type SlotParameters, wrapRoot } from '../crypto/slot.ts'
import {
  type Argon2Cost,
  argon2idKey,
  DEFAULT_ARGON2,
  DEFAULT_LOG_N,
  kmsContext,
  recoveryWrappingKey,
  scryptKey,
} from '../crypto/wrapping-keys.ts'
import { hex } from '../format/bytes.ts'
import { slotName } from '../format/names.ts'
import { putOnce } from '../write/put-once.ts'

/** What a new slot is to open with. */
export type NewSlot =
  | {
      /** any Unicode text; what it protects is only as safe as it is hard to guess */
      passphrase: string
      /** scrypt unless told */
      slot?: 'scrypt' | 'argon2id' | undefined
      /** cost of scrypt as a power of two, 10 to 20; 17 unless told (128 MiB, half a second). Less is for tests. */
      scryptLogN?: number | undefined
      /** cost of Argon2id; 256 MiB and half a second unless told. Less is for tests. */
      argon2?: Argon2Cost | undefined
    }
  | { kms: KeyService; key: string }
  /** 32 bytes */
  | { recoveryKey: Uint8Array }

/** A slot that only lacks the root key: everything that may fail outside of the store is done. */
export interface PreparedSlot {
  parameters: SlotParameters
  /** 32 bytes */
  wrappingKey: Uint8Array
}

/** @throws `PASSPHRASE_EMPTY`, `KMS_*` */
export const prepareSlot = async (
  random: Random,
  repositoryId: string,
  wish: NewSlot,
): Promise<PreparedSlot> => {
  const common = { version: 1 as const, repositoryId }
  if ('kms' in wish) {
    const wrappingKey = random.bytes(32)
    const context = kmsContext(repositoryId)
    const { key, ciphertext } = await wish.kms.encrypt(wish.key, wrappingKey, context)
    const encryptedKey = Buffer.from(ciphertext).toString('base64')
    return { parameters: { slot: 'kms', key, encryptedKey, ...common }, wrappingKey }
  }
  if ('recoveryKey' in wish) {
    const parameters = { slot: 'recovery' as const, salt: hex(random.bytes(32)), ...common }
    return { parameters, wrappingKey: recoveryWrappingKey(wish.recoveryKey, parameters) }
  }
  const { passphrase, slot = 'scrypt', scryptLogN = DEFAULT_LOG_N, argon2 = DEFAULT_ARGON2 } = wish
  if (passphrase === '') throw new EmptyPassphraseError()
  const salt = hex(random.bytes(32))
  if (slot === 'argon2id') {
    const parameters = { slot, ...argon2, salt, ...common }
    return { parameters, wrappingKey: await argon2idKey(passphrase, parameters) }
  }
  const cost = { logN: scryptLogN, r: 8 as const, p: 1 as const }
  const parameters = { slot, ...cost, salt, ...common }
  return { parameters, wrappingKey: await scryptKey(passphrase, parameters) }
}

/**
 * Under the next free number: somebody else may be adding a slot at this moment.
 * @returns the name of the object, and its number
 */
export const putSlot = async (
  store: ObjectStore,
  n: number,
  { parameters, wrappingKey }: PreparedSlot,
  root: Uint8Array,
): Promise<{ key: string; n: number }> => {
  const key = slotName(n, parameters.slot)
  try {
    await putOnce(store, key, [wrapRoot(parameters, wrappingKey, root)])
    return { key, n }
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error
    return putSlot(store, n + 1, { parameters, wrappingKey }, root)
  }
}
