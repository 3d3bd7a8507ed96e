import { isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { readTrailer } from './trailers.ts'

/**
 * A pack that should be there could not be read: perhaps a collector has rewritten it since we looked.
 * @returns whether the local table knows now where its records went
 */
export const followMove = async (engine: Engine, ulid: string): Promise<boolean> => {
  if (!engine.moves.next(ulid)) await engine.moves.tryRefresh(engine)
  let moved = false
  for (let at = engine.moves.next(ulid)?.to; at; at = engine.moves.next(at.ulid)?.to) {
    if (engine.index.pack(at.ulid)) moved = true
    else
      try {
        const { trailer, size } = await readTrailer(engine, at)
        engine.index.addPack({ ulid: at.ulid, size, trailer })
        moved = true
      } catch (error) {
        if (!isDamage(error)) throw error
      }
  }
  return moved
}
