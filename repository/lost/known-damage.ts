import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Keys } from '../crypto/keys.ts'
import { openObject } from '../crypto/sealed-object.ts'
import { hex } from '../format/bytes.ts'
import { type DamageList, decodeDamageList } from '../format/damage-list.ts'
import { TYPE } from '../format/kinds.ts'
import { damageListName, type PackKind, PREFIX, parseDamageListName } from '../format/names.ts'

export interface DamagedPack {
  kind: PackKind
  /** ids in hex of its records that cannot be read; `all`: nothing of it can be trusted */
  records: 'all' | Set<string>
}

/** What checks have found damaged, by the lists in the store: nothing new may rest on it. */
export class KnownDamage {
  #packs: ReadonlyMap<string, DamagedPack> = new Map()
  #lists: readonly string[] = []
  #replaced: readonly string[] = []
  #seen = ''

  /** by ulid */
  get packs(): ReadonlyMap<string, DamagedPack> {
    return this.#packs
  }

  /** ulids of the lists that the next one replaces: those that say so, and those that cannot be read */
  get lists(): readonly string[] {
    return this.#lists
  }

  /** ulids of lists that others replaced: nobody needs them any more */
  get replaced(): readonly string[] {
    return this.#replaced
  }

  /** @returns whether the record in this pack is known to be damaged */
  strikes(ulid: string, id: Uint8Array): boolean {
    if (this.#packs.size === 0) return false
    const records = this.#packs.get(ulid)?.records
    return records === 'all' || records?.has(hex(id)) === true
  }

  /** @param found ulids of all lists in the store. @returns whether they are those of the last time */
  isUpToDate(found: readonly string[]): boolean {
    return found.join() === this.#seen
  }

  learn(
    found: readonly string[],
    lists: readonly string[],
    packs: ReadonlyMap<string, DamagedPack>,
  ): void {
    this.#seen = found.join()
    this.#lists = lists
    this.#replaced = found.filter(ulid => !lists.includes(ulid))
    this.#packs = packs
  }
}

/**
 * Brings what is known of damage up to date: one listing, and the lists where there are others than before. A list that is damaged itself
 * is passed over: the next check makes it anew.
 */
export const readKnownDamage = async ({
  store,
  keys,
  damage,
}: {
  store: ObjectStore
  keys: Keys
  damage: KnownDamage
}): Promise<void> => {
  const ulids: string[] = []
  for await (const { key } of store.list(PREFIX.lost)) {
    const ulid = parseDamageListName(key)
    if (ulid) ulids.push(ulid)
  }
  if (damage.isUpToDate(ulids)) return
  const lists = new Map<string, DamageList>()
  const unreadable: string[] = []
  for (const ulid of ulids) {
    const key = damageListName(ulid)
    try {
      const bytes = await store.get(key)
      lists.set(
        ulid,
        await openObject(keys, { key, type: TYPE.damageList }, bytes, decodeDamageList),
      )
    } catch (error) {
      if (error instanceof ObjectNotFoundError) continue
      if (!isDamage(error)) throw error
      unreadable.push(ulid)
    }
  }
  for (const { replaces } of [...lists.values()]) for (const old of replaces) lists.delete(old)
  damage.learn(ulids, [...lists.keys(), ...unreadable], union(lists.values()))
}

const union = (lists: Iterable<DamageList>): Map<string, DamagedPack> => {
  const packs = new Map<string, DamagedPack>()
  for (const list of lists)
    for (const { pack, kind, records } of list.packs) {
      const before = packs.get(pack)?.records
      if (records === 'all' || before === 'all') packs.set(pack, { kind, records: 'all' })
      else packs.set(pack, { kind, records: new Set([...(before ?? []), ...records]) })
    }
  return packs
}
