import { isDamage } from '#core/errors/repository.ts'
import { readTrailerOf, recordDamageIn } from '../check/verify-pack.ts'
import type { Engine } from '../engine.ts'
import { equal, FormatError } from '../format/bytes.ts'
import type { PackRef } from '../format/pack-table.ts'
import { recordSize } from '../format/record.ts'
import { decodeSession, encodeSession, SESSION_ENTRY_SIZE } from '../format/session-entry.ts'
import type { Trailer } from '../format/trailer.ts'

/**
 * Puts a pack together from copies of which none is whole: each record, and each session entry, from one that has it whole; the end from one whose
 * trailer is whole. What comes out still has to be verified.
 * @returns `undefined` where something is whole in none of them
 */
export const splice = async (
  engine: Engine,
  ref: Pick<PackRef, 'ulid' | 'kind'>,
  copies: readonly Uint8Array[],
): Promise<Uint8Array | undefined> => {
  const end = await endOf(engine, ref, copies)
  if (!end) return undefined
  const { trailer, bytes } = end
  const whole = Uint8Array.from(bytes)
  let at = 0
  for (const entry of trailer.records) {
    for (; at < entry.offset; at += SESSION_ENTRY_SIZE) {
      const session = sessionAt(at, trailer, copies)
      if (!session) return undefined
      whole.set(session, at)
    }
    const length = recordSize(entry.ciphertextLength)
    let found = false
    for (const copy of copies) {
      if (copy.length < at + length) continue
      if (await recordDamageIn(engine, ref, { trailer, entry, bytes: copy })) continue
      whole.set(copy.subarray(at, at + length), at)
      found = true
      break
    }
    if (!found) return undefined
    at += length
  }
  return whole
}

/** The table of contents, and a copy that ends as the pack does. */
const endOf = async (
  engine: Engine,
  ref: Pick<PackRef, 'ulid' | 'kind'>,
  copies: readonly Uint8Array[],
): Promise<{ trailer: Trailer; bytes: Uint8Array } | undefined> => {
  for (const bytes of copies)
    try {
      const { trailer, size } = await readTrailerOf(engine, ref, bytes)
      if (size === bytes.length) return { trailer, bytes }
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  return undefined
}

const sessionAt = (
  at: number,
  { sessions }: Trailer,
  copies: readonly Uint8Array[],
): Uint8Array | undefined => {
  const known = sessions.map(encodeSession)
  for (const copy of copies)
    try {
      const entry = encodeSession(decodeSession(copy.subarray(at)))
      if (known.some(session => equal(session, entry))) return entry
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  // With one session there is no doubt which one belongs there.
  return known.length === 1 ? known[0] : undefined
}
