import { ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { openTrailer } from '../crypto/seal-trailer.ts'
import type { Engine } from '../engine.ts'
import { crc32, ensure, equal, FormatError } from '../format/bytes.ts'
import { decodeFooter, FOOTER_SIZE } from '../format/footer.ts'
import { TAG_SIZE } from '../format/kinds.ts'
import { packName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import { decodeTrailer, type Trailer } from '../format/trailer.ts'
import { ulidToBytes } from '../format/ulid.ts'

/**
 * Reads the table of contents of a pack by one GET of its end, or two where it is long.
 * @throws `OBJECT_DAMAGED` (also when the pack is missing), `OBJECT_NOT_AUTHENTIC`
 */
export const readTrailer = async (
  { store, keys, tuning }: Pick<Engine, 'keys' | 'tuning'> & { store: Pick<ObjectStore, 'get'> },
  pack: Pick<PackRef, 'ulid' | 'kind'>,
): Promise<{ trailer: Trailer; plaintext: Uint8Array; size: number }> => {
  const key = packName(pack.kind, pack.ulid)
  try {
    const end = await store.get(key, { last: tuning.trailerGuess })
    const footer = decodeFooter(end.subarray(-FOOTER_SIZE))
    if (footer.kind !== pack.kind || !equal(footer.packId, ulidToBytes(pack.ulid)))
      throw new ObjectNotAuthenticError(key, 'it is another pack')
    const sealedLength = footer.trailerLength + TAG_SIZE
    const size = footer.trailerOffset + sealedLength + FOOTER_SIZE
    const sealed =
      end.length >= sealedLength + FOOTER_SIZE
        ? end.subarray(end.length - sealedLength - FOOTER_SIZE, end.length - FOOTER_SIZE)
        : await store.get(key, { offset: footer.trailerOffset, length: sealedLength })
    ensure(sealed.length === sealedLength, 'it ends within its trailer')
    ensure(crc32(sealed) === footer.trailerCrc, 'the checksum of its trailer is wrong')
    const plaintext = openTrailer(keys, footer, sealed)
    if (!plaintext)
      throw new ObjectNotAuthenticError(key, 'its trailer was sealed for another pack or forged')
    const trailer = decodeTrailer(plaintext)
    ensure(
      trailer.kind === pack.kind && trailer.records.length === footer.records,
      'trailer and footer contradict each other',
    )
    return { trailer, plaintext, size }
  } catch (error) {
    throw asPackDamage(key, error)
  }
}

/** @returns damage of the pack where `error` means one, else `error` itself */
export const asPackDamage = (key: string, error: unknown): unknown => {
  if (error instanceof FormatError) return new ObjectDamagedError(key, error.message)
  if (error instanceof ObjectNotFoundError)
    return new ObjectDamagedError(key, 'it is missing from the store', {}, error)
  return error
}
