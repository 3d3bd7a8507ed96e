import { sealObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import type { DamageList } from '../format/damage-list.ts'
import { TYPE } from '../format/kinds.ts'
import { damageListName } from '../format/names.ts'
import { newUlid } from '../format/ulid.ts'
import { putOnce } from '../write/put-once.ts'
import { type DamagedPack, readKnownDamage } from './known-damage.ts'

/** What a look at the repository has told. */
export interface DamageFound {
  /** by ulid */
  damaged: ReadonlyMap<string, DamagedPack>
  /** ulids of packs that were read in full: what is said of them above is all there is to say */
  read: ReadonlySet<string>
  /** whether a pack is still in the store, or needed: what is neither is nobody's business any more */
  matters: (ulid: string) => boolean
}

/**
 * Writes down what is damaged, in one list that replaces those before, so that new points do not rest on it. Nothing is written where
 * nothing changed.
 * @throws `STORE_*`
 */
export const recordDamage = async (engine: Engine, found: DamageFound): Promise<void> => {
  await readKnownDamage(engine)
  const { store, keys, random, clock, epoch, damage } = engine
  const next = merged(damage.packs, found)
  if (sameDamage(damage.packs, next)) return
  const list: DamageList = {
    version: 1,
    replaces: [...damage.lists],
    packs: [...next].map(([pack, { kind, records }]) => ({
      pack,
      kind,
      records: records === 'all' ? records : [...records].sort(),
    })),
  }
  const key = damageListName(newUlid(clock, random))
  const json = Buffer.from(canonicalJson(list))
  const type = TYPE.damageList
  await putOnce(store, key, [await sealObject(keys, random, { key, type, epoch }, json)])
  await readKnownDamage(engine)
}

const merged = (
  known: ReadonlyMap<string, DamagedPack>,
  { damaged, read, matters }: DamageFound,
): Map<string, DamagedPack> => {
  const next = new Map<string, DamagedPack>()
  for (const [ulid, pack] of known)
    if (!read.has(ulid) && !damaged.has(ulid) && matters(ulid)) next.set(ulid, pack)
  for (const [ulid, pack] of damaged) {
    const before = read.has(ulid) ? undefined : known.get(ulid)?.records
    next.set(ulid, { kind: pack.kind, records: either(before, pack.records) })
  }
  return next
}

const either = (
  a: DamagedPack['records'] | undefined,
  b: DamagedPack['records'],
): DamagedPack['records'] => (a === 'all' || b === 'all' ? 'all' : new Set([...(a ?? []), ...b]))

const sameDamage = (
  a: ReadonlyMap<string, DamagedPack>,
  b: ReadonlyMap<string, DamagedPack>,
): boolean => {
  const text = (packs: ReadonlyMap<string, DamagedPack>) =>
    [...packs]
      .map(([ulid, { records }]) => `${ulid} ${records === 'all' ? 'all' : [...records].sort()}`)
      .sort()
      .join('\n')
  return text(a) === text(b)
}
