import { ShredLockedError, ShredNotConfirmedError } from '#core/errors/keys.ts'
import { ObjectDamagedError } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { Clock, MaintenanceStore, ObjectVersion, Random } from '#core/ports.ts'
import { readSlot } from '../crypto/slots.ts'
import { PREFIX, parseSlotName } from '../format/names.ts'
import { lockedUntil, removeVersions } from '../gc/remove-versions.ts'
import { storeNow } from '../gc/store-now.ts'
import { readBootstrap } from './bootstrap.ts'

export interface ShredRequest {
  /** with the rights of the maintenance role */
  store: MaintenanceStore
  clock: Clock
  random: Random
  /** the repository's id, as the person gave it who wants this */
  confirmed: string
}

export interface Shredded {
  repositoryId: string
  /** names of the slots that were there */
  slots: string[]
  /** versions of objects that were removed, delete markers included */
  versions: number
  /** KMS keys that had a slot: the copies of it elsewhere end with them */
  kmsKeys: string[]
}

/**
 * Destroys every slot in all its versions: nobody can read the repository any more. Needs no key. May be repeated, and has to be when it was
 * cut short.
 * @throws `SHRED_NOT_CONFIRMED`; `SHRED_LOCKED`: nothing was removed, unless it says so; `NOT_A_REPOSITORY`, `STORE_*`
 */
export const shredRepository = async ({
  store,
  clock,
  random,
  confirmed,
}: ShredRequest): Promise<Shredded> => {
  const { repositoryId } = (await readBootstrap(store)).bootstrap
  if (confirmed !== repositoryId) throw new ShredNotConfirmedError(store.address, confirmed)
  const now = await storeNow({ clock, random }, store)
  const kmsKeys = await kmsKeysOf(store)
  const slots = new Set<string>()
  let removed = 0
  // Again until nothing is there: somebody may be adding a slot.
  for (;;) {
    const versions = await Array.fromAsync(store.versions(PREFIX.keys))
    if (versions.length === 0) break
    await refuseLocked(store, versions, { now, begun: removed > 0 })
    for (const { key } of versions) if (parseSlotName(key)) slots.add(key.slice(PREFIX.keys.length))
    const until = await removeVersions(store, versions, now)
    if (until !== undefined)
      throw new ShredLockedError(store.address, { slots: [PREFIX.keys], until, begun: true })
    removed += versions.length
  }
  return { repositoryId, slots: [...slots].sort(), versions: removed, kmsKeys }
}

const refuseLocked = async (
  store: MaintenanceStore,
  versions: readonly ObjectVersion[],
  { now, begun }: { now: number; begun: boolean },
): Promise<void> => {
  const locked = new Map<string, number>()
  for (const version of versions) {
    const until = await lockedUntil(store, version, now)
    if (until !== undefined) locked.set(version.key, Math.max(until, locked.get(version.key) ?? 0))
  }
  if (locked.size === 0) return
  const until = Math.max(...locked.values())
  throw new ShredLockedError(store.address, { slots: [...locked.keys()].sort(), until, begun })
}

const kmsKeysOf = async (store: MaintenanceStore): Promise<string[]> => {
  const found = new Set<string>()
  for await (const { key } of store.list(PREFIX.keys)) {
    if (parseSlotName(key)?.slot !== 'kms') continue
    const slot = await readSlot(store, key).catch(error => {
      if (!(error instanceof ObjectDamagedError || error instanceof ObjectNotFoundError))
        throw error
    })
    if (slot?.slot === 'kms') found.add(slot.key)
  }
  return [...found].sort()
}
