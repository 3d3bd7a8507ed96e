import { hkdfSync } from 'node:crypto'

const KEY_SIZE = 32 // bytes
const NO_SALT = new Uint8Array(0)

/**
 * HKDF-SHA-256 (RFC 5869) with our form of `info`: label, a zero byte, then fields of fixed width.
 * @param size bytes, at most 255 times 32
 * @returns so many bytes
 */
export const deriveKey = (
  key: Uint8Array,
  label: string,
  fields: readonly Uint8Array[],
  salt: Uint8Array = NO_SALT,
  size = KEY_SIZE,
): Buffer => {
  const info = Buffer.concat([Buffer.from(`${label}\0`), ...fields])
  return Buffer.from(hkdfSync('sha256', key, salt, info, size))
}

export const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(value, 0)
  return out
}
