import { RepositoryShreddedError, WrongKmsKeyError } from '#core/errors/keys.ts'
import {
  NoKeySlotError,
  ObjectDamagedError,
  WrongPassphraseError,
  WrongRecoveryKeyError,
} from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { KeyService, ObjectStore } from '#core/ports.ts'
import { ensure, FormatError } from '../format/bytes.ts'
import { parseJson } from '../format/commit.ts'
import { readSmall } from '../keys/read-small.ts'
import { type KeyNames, listKeys, retiredSlots } from '../keys/retirements.ts'
import { parseRecoveryKey } from './recovery-kit.ts'
import { decodeSlot, type Slot, type SlotKind, unwrapRoot } from './slot.ts'
import { argon2idKey, kmsContext, recoveryWrappingKey, scryptKey } from './wrapping-keys.ts'

/**
 * How somebody proves to be allowed in. With `kms` and no `key`, the slots say which key to ask for: whoever can write to the store can
 * put a slot of their own there, so that the repository can then only be read.
 */
export type Unlock =
  | { passphrase: string }
  | { recoveryKey: string }
  | { kms: KeyService; key?: string | undefined }

/** The root key, and the slot it came out of (without `keys/`). */
export interface Unlocked {
  root: Buffer
  slot: string
}

/**
 * Finds the slot that opens: of the kinds that the proof is for, oldest first, because no stranger can put in a slot that the store says is
 * older; retired ones last, because somebody opens with what replaced them.
 * @param except names of slots that do not count
 * @param onDeriving called when a key is being derived, which takes half a second of another thread
 * @throws `WRONG_PASSPHRASE`, `WRONG_RECOVERY_KEY`, `RECOVERY_KEY_MISTYPED`, `NO_KEY_SLOT`, `WRONG_KMS_KEY`, `KMS_*`;
 * `REPOSITORY_SHREDDED` when there is no slot of any kind; `OBJECT_DAMAGED` when none of the slots that are whole opened
 */
export const unlock = async (
  store: ObjectStore,
  repositoryId: string,
  proof: Unlock,
  except: ReadonlySet<string> = new Set(),
  onDeriving?: () => void,
): Promise<Unlocked> => {
  const { kinds, rejected, wrappingKey } = opening(proof, store.address)
  const names = await listKeys(store)
  if (names.slots.length === 0) throw new RepositoryShreddedError(store.address)
  const candidates = names.slots.filter(
    ({ kind, name }) => kinds.includes(kind as SlotKind) && !except.has(name),
  )
  let tried = 0
  let damage: ObjectDamagedError | undefined
  let trouble: unknown
  for (const { key, name } of await inOrder(store, names, candidates)) {
    const slot = await readSlot(store, key).catch(error => {
      if (error instanceof ObjectDamagedError) damage = error
      // Retired since we listed.
      else if (!(error instanceof ObjectNotFoundError)) throw error
    })
    if (!slot || slot.repositoryId !== repositoryId || !kinds.includes(slot.slot)) continue
    tried++
    try {
      const deriving = wrappingKey(slot)
      onDeriving?.()
      const wrapping = await deriving
      const root = wrapping && unwrapRoot(slot, wrapping)
      if (root) return { root, slot: name }
    } catch (error) {
      // One key being disabled says nothing about the next.
      if (!isKmsTrouble(error)) throw error
      trouble ??= error
    }
  }
  if (trouble) throw trouble
  if (damage) throw tried === 0 ? damage : besides(damage, tried)
  throw tried === 0 ? new NoKeySlotError(store.address, kinds.join('" or "')) : rejected()
}

/** @returns the root key, 32 bytes. @throws as `unlock` */
export const unlockRoot = async (
  store: ObjectStore,
  repositoryId: string,
  proof: Unlock,
  onDeriving?: () => void,
): Promise<Buffer> => (await unlock(store, repositoryId, proof, new Set(), onDeriving)).root

/**
 * @returns `undefined` for a kind or version that this version does not know
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_FOUND`
 */
export const readSlot = async (store: ObjectStore, key: string): Promise<Slot | undefined> => {
  try {
    const slot = decodeSlot(parseJson(await readSmall(store, key)))
    ensure(!slot || key.endsWith(`.${slot.slot}`), 'it holds a slot of another kind')
    return slot
  } catch (error) {
    throw error instanceof FormatError ? new ObjectDamagedError(key, error.message) : error
  }
}

/** Half a second a slot: the order matters. Records of retired slots are read only where there is something to choose. */
const inOrder = async (
  store: ObjectStore,
  names: KeyNames,
  candidates: KeyNames['slots'],
): Promise<KeyNames['slots']> => {
  if (candidates.length < 2) return candidates
  const retired = await retiredSlots(store, names)
  const rank = ({ name }: { name: string }) => (retired.has(name) ? 1 : 0)
  return candidates.toSorted((a, b) => rank(a) - rank(b) || a.modified - b.modified || a.n - b.n)
}

interface Opening {
  kinds: readonly SlotKind[]
  /** What is said when slots of these kinds are there and whole, and none opens. */
  rejected: () => Error
  /** @returns `undefined` where the slot need not be tried */
  wrappingKey: (slot: Slot) => Promise<Uint8Array | undefined>
}

const opening = (proof: Unlock, address: string): Opening => {
  if ('recoveryKey' in proof) {
    const key = parseRecoveryKey(proof.recoveryKey)
    return {
      kinds: ['recovery'],
      rejected: () => new WrongRecoveryKeyError(address),
      wrappingKey: async slot =>
        slot.slot === 'recovery' ? recoveryWrappingKey(key, slot) : undefined,
    }
  }
  if ('kms' in proof) {
    const { kms, key } = proof
    return {
      kinds: ['kms'],
      rejected: () => new WrongKmsKeyError(address, key),
      wrappingKey: async slot =>
        slot.slot === 'kms' && mayBe(key, slot.key)
          ? kms.decrypt(
              key ?? slot.key,
              Buffer.from(slot.encryptedKey, 'base64'),
              kmsContext(slot.repositoryId),
            )
          : undefined,
    }
  }
  const { passphrase } = proof
  return {
    kinds: ['scrypt', 'argon2id'],
    rejected: () => new WrongPassphraseError(address),
    wrappingKey: async slot => {
      if (slot.slot === 'scrypt') return scryptKey(passphrase, slot)
      return slot.slot === 'argon2id' ? argon2idKey(passphrase, slot) : undefined
    },
  }
}

// arn:aws:kms:eu-central-1:111122223333:key/mrk-…: replicas of a multi-region key share account and id.
const KEY_ARN = /^arn:[a-z-]+:kms:[a-z0-9-]+:([0-9]+:key\/(mrk-)?.+)$/

/** Whether the key that is named may be the slot's; aliases and bare ids only the service can tell. */
const mayBe = (named: string | undefined, slots: string): boolean => {
  const [, id, multiRegion] = KEY_ARN.exec(named ?? '') ?? []
  if (id === undefined) return true
  return named === slots || (multiRegion !== undefined && KEY_ARN.exec(slots)?.[1] === id)
}

const isKmsTrouble = (error: unknown): boolean =>
  (error as { code?: unknown }).code?.toString().startsWith('KMS_') ?? false

/** A slot that is damaged must not pass for a wrong passphrase, nor a wrong passphrase for nothing but damage. */
const besides = ({ object, problem }: ObjectDamagedError, whole: number): ObjectDamagedError => {
  const others =
    whole === 1 ? 'the other slot is whole and does' : `${whole} others are whole and do`
  return new ObjectDamagedError(object, `${problem}; ${others} not open with what was given`)
}
