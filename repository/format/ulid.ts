import type { Clock, Random } from '#core/ports.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 26 characters of Crockford's base32, the first at most `7` (128 bits do not fill 130). */
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** @param bytes 16 bytes */
export const ulidFromBytes = (bytes: Uint8Array): string => {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = ALPHABET.charAt(Number(value & 31n)) + text
    value >>= 5n
  }
  return text
}

export const ulidToBytes = (ulid: string): Uint8Array => {
  let value = 0n
  for (const char of ulid) value = (value << 5n) | BigInt(ALPHABET.indexOf(char))
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex')
}

/** @returns milliseconds since 1970 */
export const ulidTime = (ulid: string): number => {
  let time = 0
  for (const char of ulid.slice(0, 10)) time = time * 32 + ALPHABET.indexOf(char)
  return time
}

/** @returns 26 characters: now, and 80 random bits */
export const newUlid = (clock: Clock, random: Random): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(clock.now(), 0, 6)
  bytes.set(random.bytes(10), 6)
  return ulidFromBytes(bytes)
}
