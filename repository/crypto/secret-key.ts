import { createSecretKey, type KeyObject } from 'node:crypto'
import { equal } from '../format/bytes.ts'

/** A few sessions are written and read at once, and ids are made by two keys. */
const REMEMBERED = 8

const recent: { bytes: Uint8Array; key: KeyObject }[] = []

/**
 * The key as Node's functions take it. They make one from bytes each time: 9 of 12 us of a cipher, 7 of 9 of an HMAC (Node 24), for every chunk; so the last
 * few are remembered, as secret as everything in this process.
 * @param bytes 32 of them; copied
 */
export const secretKey = (bytes: Uint8Array): KeyObject => {
  const known = recent.find(each => equal(each.bytes, bytes))
  if (known) return known.key
  const key = createSecretKey(bytes)
  recent.unshift({ bytes: Uint8Array.from(bytes), key })
  recent.length = Math.min(recent.length, REMEMBERED)
  return key
}
