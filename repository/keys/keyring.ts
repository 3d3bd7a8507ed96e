import {
  KeySlotInUseError,
  KeySlotLockedError,
  KeySlotNotFoundError,
  KmsKeyUnnamedError,
  LastKeySlotError,
  RepositoryShreddedError,
} from '#core/errors/keys.ts'
import { ObjectNotAuthenticError, RepositoryReadOnlyError } from '#core/errors/repository.ts'
import { ObjectExistsError } from '#core/errors/store.ts'
import type { Clock, MaintenanceStore, ObjectStore, Random } from '#core/ports.ts'
import { deriveKeys } from '../crypto/keys.ts'
import { formatRecoveryKey, type RecoveryKit, recoveryKit } from '../crypto/recovery-kit.ts'
import { isSlotKind } from '../crypto/slot.ts'
import { readSlot, type Unlock, unlock } from '../crypto/slots.ts'
import { equal, fromHex } from '../format/bytes.ts'
import { PREFIX, parseSlotName, retirementName } from '../format/names.ts'
import { encodeRetirement, retirementMacInput } from '../format/retirement.ts'
import { latestLock, removeVersions } from '../gc/remove-versions.ts'
import { storeNow } from '../gc/store-now.ts'
import { lockAsOthers } from '../lock/lock-as-others.ts'
import { putOnce } from '../write/put-once.ts'
import { changeBootstrap, readBootstrap, verifyBootstrap } from './bootstrap.ts'
import { type NewSlot, prepareSlot, putSlot } from './new-slot.ts'
import { type KeyNames, listKeys, livingSlots, readRetirements } from './retirements.ts'

export interface KeyringRequest {
  store: ObjectStore
  unlock: Unlock
  clock: Clock
  random: Random
}

/** The keys of one repository, opened by one of them; docs/repository-format.md, sections 3 and 4. Slots are named as `00000003.scrypt`. */
export interface Keyring {
  /** 32 hex digits */
  readonly repositoryId: string
  /** the slot that opened */
  readonly slot: string

  /**
   * Adds a slot and opens it once, as anybody will.
   * @returns its name
   * @throws `PASSPHRASE_EMPTY`, `KMS_*`, `STORE_*`
   */
  add(wish: NewSlot): Promise<string>

  /** Adds a slot for a new recovery key, which is seen this once. Older kits go on opening. */
  addRecoveryKit(): Promise<{ slot: string; recoveryKit: RecoveryKit }>

  /**
   * Retires a slot, in two steps that may be repeated: the decision, after which agents no longer extend its lock, and the removal
   * of all its versions. Of two people who retire each other's slots only one gets through.
   * @param store with the rights of the maintenance role
   * @throws `KEY_SLOT_NOT_FOUND`; `KEY_SLOT_IN_USE` when what opened the keyring opens no other slot and it added none, `LAST_KEY_SLOT` when there is no
   * other; `KEY_SLOT_LOCKED`: the decision stands, the removal has to be repeated when the lock has ended
   */
  retire(slot: string, store: MaintenanceStore): Promise<void>

  /**
   * Begins a new key epoch for whatever is written by agents that open the repository from now on. Two at once begin the same one.
   * @returns its number
   */
  rotate(): Promise<number>
}

/** What `unlock` says when the key at hand opens none of the slots that are left. */
const OPENS_NOTHING = new Set([
  'WRONG_PASSPHRASE',
  'WRONG_RECOVERY_KEY',
  'WRONG_KMS_KEY',
  'NO_KEY_SLOT',
  'OBJECT_DAMAGED',
])

/** @throws as `openRepository`; `REPOSITORY_READ_ONLY`, `KMS_KEY_UNNAMED` */
export const openKeyring = async (request: KeyringRequest): Promise<Keyring> => {
  const { store, clock, random } = request
  const found = await readBootstrap(store)
  const { repositoryId } = found.bootstrap
  const { root, slot: opened } = await unlock(store, repositoryId, request.unlock)
  const keys = deriveKeys(root, fromHex(repositoryId))
  verifyBootstrap(keys, found)
  if (found.compatibility.readOnly)
    throw new RepositoryReadOnlyError(store.address, found.compatibility.readOnly)
  if ('kms' in request.unlock && request.unlock.key === undefined)
    throw new KmsKeyUnnamedError(store.address)

  /** Slots that opened here: the caller has what they open with. */
  const proven = [opened]

  const add = async (wish: NewSlot): Promise<string> => {
    const prepared = await prepareSlot(random, repositoryId, wish)
    for (;;) {
      const names = await listKeys(store)
      if (names.slots.length === 0) throw new RepositoryShreddedError(store.address)
      const put = await putSlot(store, await nextNumber(names), prepared, root)
      const name = put.key.slice(PREFIX.keys.length)
      // A slot of this very name may have been added, retired and removed since we listed.
      if (await isRetired(name)) continue
      await proveSlot(name, wish)
      await lockAsOthers(store, put.key, await livingSlots(store, keys), clock)
      proven.push(name)
      return name
    }
  }

  /**
   * A number that no slot has and no decision names, so that no name is used twice. Not above all others: a stranger's slot with the highest
   * number would be in the way for ever.
   */
  const nextNumber = async (names: KeyNames): Promise<number> => {
    const retired = await readRetirements(store, names, keys)
    const used = new Set(names.slots.map(({ n }) => n))
    for (const { slot } of retired) used.add(parseSlotName(PREFIX.keys + slot)?.n ?? 0)
    let n = 1
    while (used.has(n)) n++
    return n
  }

  const isRetired = async (slot: string): Promise<boolean> =>
    (await readRetirements(store, await listKeys(store), keys)).some(each => each.slot === slot)

  /** From the store, with the proof that its owner will give. */
  const proveSlot = async (name: string, wish: NewSlot): Promise<void> => {
    const { slots } = await listKeys(store)
    const others = new Set(slots.map(slot => slot.name).filter(other => other !== name))
    const proof =
      'recoveryKey' in wish ? { recoveryKey: formatRecoveryKey(wish.recoveryKey) } : wish
    const unlocked = await unlock(store, repositoryId, proof, others)
    if (!equal(unlocked.root, root))
      throw new ObjectNotAuthenticError(PREFIX.keys + name, 'it does not hold what was put there')
  }

  /** @returns a slot, not to be retired and not retired, that opens with what the caller has */
  const findKept = async (slot: string, retired: ReadonlySet<string>, names: KeyNames) => {
    const except = new Set([...retired, slot])
    const known = names.slots.find(({ name }) => proven.includes(name) && !except.has(name))
    if (known) return known.name
    const other = await unlock(store, repositoryId, request.unlock, except).catch(error => {
      if (!OPENS_NOTHING.has(error.code)) throw error
    })
    if (other && equal(other.root, root)) return other.slot
    for (const { name, key, kind } of names.slots)
      if (!except.has(name) && isSlotKind(kind) && (await isWhole(key)))
        throw new KeySlotInUseError(slot)
    throw new LastKeySlotError(slot)
  }

  const isWhole = async (key: string): Promise<boolean> =>
    (await readSlot(store, key).catch(() => undefined))?.repositoryId === repositoryId

  const decide = async (slot: string): Promise<void> => {
    for (;;) {
      const names = await listKeys(store)
      const decided = await readRetirements(store, names, keys)
      const retired = new Set(decided.map(each => each.slot))
      if (retired.has(slot)) return
      if (!names.slots.some(({ name }) => name === slot))
        throw new KeySlotNotFoundError(store.address, slot)
      const number = (names.retirements.at(-1)?.n ?? 0) + 1
      const decision = {
        format: 'xenkeep-retired-slot' as const,
        version: 1 as const,
        repositoryId,
        number,
        slot,
        keeps: await findKept(slot, retired, names),
        decided: new Date(clock.now()).toISOString(),
      }
      const mac = keys.bootstrapMac(retirementMacInput(decision))
      try {
        await putOnce(store, retirementName(number), [encodeRetirement({ ...decision, mac })])
        return
      } catch (error) {
        // Somebody else decided first, maybe about the slot that we would keep.
        if (!(error instanceof ObjectExistsError)) throw error
      }
    }
  }

  return {
    repositoryId,
    slot: opened,
    add,

    async addRecoveryKit() {
      const recoveryKey = random.bytes(32)
      const created = new Date(clock.now()).toISOString()
      const slot = await add({ recoveryKey })
      return {
        slot,
        recoveryKit: recoveryKit(recoveryKey, { repositoryId, created, address: store.address }),
      }
    },

    async retire(slot, maintenance) {
      if (!parseSlotName(PREFIX.keys + slot)) throw new KeySlotNotFoundError(store.address, slot)
      await decide(slot)
      const key = PREFIX.keys + slot
      const now = await storeNow({ clock, random }, maintenance)
      const versions = (await Array.fromAsync(maintenance.versions(key))).filter(
        version => version.key === key,
      )
      const until =
        (await latestLock(maintenance, versions, now)) ??
        (await removeVersions(maintenance, versions, now))
      if (until !== undefined) throw new KeySlotLockedError(slot, until)
    },

    async rotate() {
      let from: number | undefined
      const { bootstrap, key } = await changeBootstrap(keys, store, highest => {
        from ??= highest.epoch
        return highest.epoch > from ? undefined : { ...highest, epoch: highest.epoch + 1 }
      })
      const others = await Array.fromAsync(store.list(PREFIX.repo))
      await lockAsOthers(
        store,
        key,
        others.map(other => other.key),
        clock,
      )
      return bootstrap.epoch
    },
  }
}
