import { crc32 } from '../format/bytes.ts'
import { encodeFooter, type Footer } from '../format/footer.ts'
import { COMPRESSION, TAG_SIZE, TYPE } from '../format/kinds.ts'
import { packName } from '../format/names.ts'
import type { Session } from '../format/session-entry.ts'
import { ulidFromBytes } from '../format/ulid.ts'
import { encodeAad, nameDigest } from './aad.ts'
import { decrypt, encrypt } from './aes-gcm.ts'
import type { Keys } from './keys.ts'

const aadOf = (keys: Keys, kind: Session['kind'], packId: Uint8Array, length: number) =>
  encodeAad(keys.repositoryId, {
    type: TYPE.trailer,
    compression: COMPRESSION.raw,
    sessionId: packId,
    sequence: 0,
    plaintextLength: length,
    subject: nameDigest(packName(kind, ulidFromBytes(packId))),
  })

/**
 * @param pack the pack's own session: its id is the pack's
 * @param offset where the trailer begins, bytes from the start of the pack
 * @returns trailer ciphertext, tag and footer: the end of the pack
 */
export const sealTrailer = (
  keys: Keys,
  pack: Session,
  plaintext: Uint8Array,
  { offset, records }: { offset: number; records: number },
): [Buffer, Buffer, Buffer] => {
  const aad = aadOf(keys, pack.kind, pack.id, plaintext.length)
  const { ciphertext, tag } = encrypt(keys.trailer(pack), 0, aad, plaintext)
  const footer = encodeFooter({
    kind: pack.kind,
    epoch: pack.epoch,
    packId: pack.id,
    salt: pack.salt,
    trailerOffset: offset,
    trailerLength: ciphertext.length,
    trailerCrc: crc32(ciphertext, tag),
    records,
  })
  return [ciphertext, tag, footer]
}

/**
 * @param sealed ciphertext and tag
 * @returns the trailer's plaintext, or `undefined` when it does not belong to this pack
 */
export const openTrailer = (keys: Keys, footer: Footer, sealed: Uint8Array): Buffer | undefined => {
  const { packId: id, salt, epoch, kind } = footer
  const aad = aadOf(keys, kind, id, footer.trailerLength)
  const ciphertext = sealed.subarray(0, sealed.length - TAG_SIZE)
  return decrypt(
    keys.trailer({ id, salt, epoch }),
    0,
    aad,
    ciphertext,
    sealed.subarray(ciphertext.length),
  )
}
