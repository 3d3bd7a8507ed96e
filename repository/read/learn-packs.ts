import { type DamageError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import type { PackRef } from '../format/pack-table.ts'
import { followMove } from './follow-move.ts'
import { inParallel } from './in-parallel.ts'
import { readTrailer } from './trailer.ts'

/**
 * Makes sure that the local table knows all of `packs`.
 * @returns what is wrong with those it could not learn, by ulid
 */
export const learnPacks = async (
  engine: Engine,
  packs: Iterable<Pick<PackRef, 'ulid' | 'kind'>>,
): Promise<Map<string, DamageError>> => {
  const damaged = new Map<string, DamageError>()
  const unknown = [...packs].filter(({ ulid }) => engine.index.pack(ulid) === undefined)
  await inParallel(engine.tuning.requests, unknown, async pack => {
    try {
      const { trailer, size } = await readTrailer(engine, pack)
      engine.index.addPack({ ulid: pack.ulid, size, trailer })
    } catch (error) {
      if (!isDamage(error)) throw error
      if (!(await followMove(engine, pack))) damaged.set(pack.ulid, error)
    }
  })
  return damaged
}
