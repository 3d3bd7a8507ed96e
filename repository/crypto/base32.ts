const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Crockford's base32, without padding.
 * @param bytes a multiple of 5, so that no bits are left over
 */
export const toBase32 = (bytes: Uint8Array): string => {
  let text = ''
  let bits = 0
  let buffer = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET.charAt((buffer >> bits) & 31)
    }
  }
  return text
}

/** Accepts lower case, `O` for `0`, `I` and `L` for `1`. @returns `undefined` where another character occurs */
export const fromBase32 = (text: string): Uint8Array | undefined => {
  const out: number[] = []
  let bits = 0
  let buffer = 0
  for (const char of text.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')) {
    const value = ALPHABET.indexOf(char)
    if (value < 0) return undefined
    buffer = ((buffer << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out.push((buffer >> bits) & 255)
    }
  }
  return Uint8Array.from(out)
}
