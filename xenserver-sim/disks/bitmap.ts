/** Bits in XAPI's order: bit 0 is the most significant bit of byte 0. A Bitmap of n bits has ceil(n / 8) bytes. */
export const createBitmap = (bits: number): Buffer => Buffer.alloc(Math.ceil(bits / 8))

export function setBit(bitmap: Buffer, bit: number): void {
  bitmap[bit >> 3] = (bitmap[bit >> 3] as number) | (0x80 >> (bit & 7))
}

/** The union of two bitmaps; the shorter one is extended with zeros. */
export function union(a: Buffer, b: Buffer): Buffer {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  const merged = Buffer.from(long)
  for (let i = 0; i < short.length; i++) merged[i] = (merged[i] as number) | (short[i] as number)
  return merged
}

/** A copy with room for `bits`; new bits are zero. */
export function extend(bitmap: Buffer, bits: number): Buffer {
  const longer = createBitmap(bits)
  bitmap.copy(longer)
  return longer
}
