import { ObjectDamagedError } from '#core/errors/repository.ts'
import { LockUnsupportedError, ObjectNotFoundError, StoreDeniedError } from '#core/errors/store.ts'
import type { ObjectStore, RetainingStore, Retention } from '#core/ports.ts'
import type { Slot } from '../crypto/slot.ts'
import { readSlot } from '../crypto/slots.ts'
import { readBootstrap } from './bootstrap.ts'
import { listKeys, readableRetirements } from './retirements.ts'

/** One key slot as the store shows it, without any key: nothing of it is proven. */
export interface SlotView {
  /** `00000003.scrypt` */
  name: string
  kind: string
  /**
   * `living`; `retiring`: decided, and not removed yet; `damaged`; `foreign`: of another repository, left over from a creation that was cut
   * short; `unknown`: of a kind or version that this version does not know
   */
  state: 'living' | 'retiring' | 'damaged' | 'foreign' | 'unknown'
  /** what the kind's function takes beside the salt; of `kms` the key */
  parameters: Record<string, string | number>
  /** the store's time stamp, milliseconds since 1970 */
  made: number
  /** how the store locks it; `undefined` without a lock, or without the right to ask */
  lock: Retention | undefined
}

export interface KeysView {
  repositoryId: string
  /** key epoch of new packs */
  epoch: number
  slots: SlotView[]
  /** decisions to retire a slot, ascending */
  retired: { slot: string; keeps: string; decided: number }[]
}

/** @throws `NOT_A_REPOSITORY`, `REPOSITORY_NEWER`, `OBJECT_DAMAGED` of the bootstrap */
export const viewKeys = async (store: ObjectStore): Promise<KeysView> => {
  const { repositoryId, epoch } = (await readBootstrap(store)).bootstrap
  const names = await listKeys(store)
  const decisions = await readableRetirements(store, names)
  const retired = new Set(decisions.map(({ slot }) => slot))
  const slots: SlotView[] = []
  for (const { name, key, kind, modified } of names.slots) {
    const slot = await readSlot(store, key).catch(error => {
      if (error instanceof ObjectDamagedError) return 'damaged' as const
      if (error instanceof ObjectNotFoundError) return 'gone' as const
      throw error
    })
    if (slot === 'gone') continue
    const state = stateOf(slot, repositoryId)
    slots.push({
      name,
      kind,
      state: state === 'living' && retired.has(name) ? 'retiring' : state,
      parameters: slot === undefined || slot === 'damaged' ? {} : parametersOf(slot),
      made: modified,
      lock: await lockOf(store, key),
    })
  }
  return {
    repositoryId,
    epoch,
    slots,
    retired: decisions.map(({ slot, keeps, decided }) => ({
      slot,
      keeps,
      decided: Date.parse(decided),
    })),
  }
}

const stateOf = (slot: Slot | 'damaged' | undefined, repositoryId: string): SlotView['state'] => {
  if (slot === 'damaged') return 'damaged'
  if (!slot) return 'unknown'
  return slot.repositoryId === repositoryId ? 'living' : 'foreign'
}

const parametersOf = (slot: Slot): Record<string, string | number> => {
  switch (slot.slot) {
    case 'scrypt':
      return { logN: slot.logN, r: slot.r, p: slot.p }
    case 'argon2id':
      return { memoryKiB: slot.memoryKiB, passes: slot.passes, lanes: slot.lanes }
    case 'kms':
      return { key: slot.key }
    case 'recovery':
      return {}
  }
}

const lockOf = async (store: ObjectStore, key: string): Promise<Retention | undefined> => {
  try {
    return await (store as Partial<RetainingStore>).retention?.(key)
  } catch (error) {
    if (
      error instanceof LockUnsupportedError ||
      error instanceof StoreDeniedError ||
      error instanceof ObjectNotFoundError
    )
      return undefined
    throw error
  }
}
