import { ChunkMissingError, type DamageError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { hex } from '../format/bytes.ts'
import { packName } from '../format/names.ts'
import { recordSize } from '../format/record.ts'
import type { Location } from '../index/table.ts'
import { followMove } from './follow-move.ts'
import { openPackRecord } from './open-record.ts'
import { asPackDamage } from './trailer.ts'

/** @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` */
export const readLocation = async (
  engine: Engine,
  { pack, entry, session }: Location,
): Promise<Uint8Array> => {
  const key = packName(pack.kind, pack.ulid)
  try {
    const length = recordSize(entry.ciphertextLength)
    const bytes = await engine.store.get(key, { offset: entry.offset, length })
    return await openPackRecord(engine, { key, entry, session, bytes })
  } catch (error) {
    throw asPackDamage(key, error)
  }
}

/**
 * Reads a record from whichever pack still has it whole.
 * @param needer name of the commit record, for messages
 * @param suspects damage of packs that could have held it
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`
 */
export const readRecord = async (
  engine: Engine,
  id: Uint8Array,
  needer: string,
  suspects: Iterable<DamageError> = [],
): Promise<Uint8Array> => {
  let damage: unknown
  let moved = false
  const tried = new Set<string>()
  do {
    moved = false
    for (const location of engine.index.locate(id)) {
      if (tried.has(location.pack.ulid)) continue
      tried.add(location.pack.ulid)
      try {
        return await readLocation(engine, location)
      } catch (error) {
        if (!isDamage(error)) throw error
        damage ??= error
        if (await followMove(engine, location.pack)) moved = true
      }
    }
  } while (moved)
  if (damage) throw damage
  throw missing(id, needer, suspects)
}

/** @returns the damage of the first suspect, which is most likely why the record is not found; else that no pack has it */
export const missing = (
  id: Uint8Array,
  needer: string,
  suspects: Iterable<DamageError>,
): DamageError => {
  for (const suspect of suspects) return suspect
  return new ChunkMissingError(needer, `no pack holds the record ${hex(id).slice(0, 16)}`)
}
