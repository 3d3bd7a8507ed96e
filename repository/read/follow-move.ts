import { isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import type { PackRef } from '../format/pack-table.ts'
import { readTrailer } from './trailer.ts'

/**
 * A pack that should be there could not be read: perhaps a collector has rewritten it since we looked, or this is a replica to which the
 * new pack has not come yet, and the old ones are still there.
 * @returns whether the local table knows now where its records, or some of them, are
 */
export const followMove = async (
  engine: Engine,
  { ulid }: Pick<PackRef, 'ulid'>,
): Promise<boolean> => {
  const { moves } = engine
  if (!moves.next(ulid)) await moves.tryRefresh(engine)
  const others = [...moves.sources(ulid)]
  for (let at = moves.next(ulid)?.to; at; at = moves.next(at.ulid)?.to) others.push(at)
  let known = false
  for (const other of others) if (await learn(engine, other)) known = true
  return known
}

const learn = async (engine: Engine, pack: PackRef): Promise<boolean> => {
  if (engine.index.pack(pack.ulid)) return true
  try {
    const { trailer, size } = await readTrailer(engine, pack)
    engine.index.addPack({ ulid: pack.ulid, size, trailer })
    return true
  } catch (error) {
    if (isDamage(error)) return false
    throw error
  }
}
