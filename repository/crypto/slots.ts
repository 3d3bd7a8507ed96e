import {
  NoKeySlotError,
  ObjectDamagedError,
  WrongPassphraseError,
  WrongRecoveryKeyError,
} from '#core/errors/repository.ts'
import type { ObjectStore } from '#core/ports.ts'
import { FormatError } from '../format/bytes.ts'
import { parseJson } from '../format/commit.ts'
import { PREFIX, parseSlotName } from '../format/names.ts'
import { parseRecoveryKey } from './recovery-kit.ts'
import { decodeSlot, type Slot, type SlotKind, unwrapRoot } from './slot.ts'
import { recoveryWrappingKey, scryptKey } from './wrapping-keys.ts'

/** How somebody proves to be allowed in. */
export type Unlock = { passphrase: string } | { recoveryKey: string }

/**
 * Finds the slot that opens.
 * @returns the root key, 32 bytes
 * @throws `WRONG_PASSPHRASE`, `WRONG_RECOVERY_KEY`, `RECOVERY_KEY_MISTYPED`, `NO_KEY_SLOT`; `OBJECT_DAMAGED` when just the
 * slots that could have opened are damaged
 */
export const unlockRoot = async (
  store: ObjectStore,
  repositoryId: string,
  unlock: Unlock,
): Promise<Buffer> => {
  const kind: SlotKind = 'passphrase' in unlock ? 'scrypt' : 'recovery'
  const wrappingKey = wrappingKeyFor(unlock)
  let tried = 0
  let damage: ObjectDamagedError | undefined
  for await (const { key } of store.list(PREFIX.keys)) {
    if (parseSlotName(key)?.slot !== kind) continue
    try {
      const slot = decodeSlot(parseJson(await store.get(key)))
      if (slot.repositoryId !== repositoryId || slot.slot !== kind) continue
      tried++
      const root = unwrapRoot(slot, await wrappingKey(slot))
      if (root) return root
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      damage = new ObjectDamagedError(key, error.message)
    }
  }
  if (damage) throw damage
  if (tried === 0) throw new NoKeySlotError(store.address, kind)
  throw kind === 'scrypt'
    ? new WrongPassphraseError(store.address)
    : new WrongRecoveryKeyError(store.address)
}

const wrappingKeyFor = (unlock: Unlock): ((slot: Slot) => Promise<Buffer>) => {
  if ('recoveryKey' in unlock) {
    const key = parseRecoveryKey(unlock.recoveryKey)
    return async slot => recoveryWrappingKey(key, slot)
  }
  return slot =>
    slot.slot === 'scrypt'
      ? scryptKey(unlock.passphrase, slot)
      : Promise.reject(new TypeError('not a scrypt slot'))
}
