import type { DamageError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import type { PackRef } from '../format/pack-table.ts'
import type { Point, PointDisk } from '../point.ts'
import { learnPacks } from '../read/learn-packs.ts'

/** Of the packs of a disk or stream, of which something is known to be damaged, what can still be relied on. */
export interface SoundPacks {
  /** what is wrong with packs that the local table could not learn, by ulid */
  suspects: ReadonlyMap<string, DamageError>
  /** ulids of packs that are missing, or whose contents nobody can tell */
  unknown: ReadonlySet<string>
  /** @returns ulid of a pack, of these, that holds the record whole */
  holderOf(id: Uint8Array): string | undefined
}

/**
 * @param gone packs that the store was asked for and does not show; the local table has forgotten them
 * @returns `undefined` where nothing is known to be damaged: `readKnownDamage` comes first
 */
export const soundPacksOf = async (
  engine: Engine,
  point: Point,
  { packs }: Pick<PointDisk, 'packs'>,
  gone: ReadonlySet<string> = new Set(),
): Promise<SoundPacks | undefined> => {
  const struck = [...packs.keys()].some(ulid => engine.damage.packs.has(ulid))
  if (!struck && gone.size === 0) return undefined
  const refs = [...packs.keys()].map(ulid => point.packs.get(ulid) as PackRef)
  const suspects = await learnPacks(engine, refs)
  const unknown = new Set(suspects.keys())
  for (const { ulid } of refs)
    if (engine.damage.packs.get(ulid)?.records === 'all') unknown.add(ulid)
  const isSound = (ulid: string, id: Uint8Array) =>
    packs.has(ulid) && !engine.damage.strikes(ulid, id) && !unknown.has(ulid)
  return {
    suspects,
    unknown,
    holderOf: id => engine.index.packsOf(id).find(ulid => isSound(ulid, id)),
  }
}
