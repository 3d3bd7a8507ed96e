import { createCipheriv, createHash } from 'node:crypto'

/** Bytes that look random and are the same for the same seed: the key stream of AES-128-CTR, about 2 GB/s. */
export interface SeededRandom {
  bytes(size: number): Buffer
  /** @returns from 0 up to, not including, 1 */
  unit(): number
  /** @returns a whole number from 0 up to, not including, `below` */
  below(below: number): number
}

const POOL = 64 * 1024 // bytes drawn at once for small numbers

export const seededRandom = (seed: string): SeededRandom => {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  let pool = Buffer.alloc(0)
  let at = 0
  const bytes = (size: number) => cipher.update(Buffer.alloc(size))
  const unit = () => {
    if (at + 4 > pool.length) {
      pool = bytes(POOL)
      at = 0
    }
    at += 4
    return pool.readUInt32LE(at - 4) / 2 ** 32
  }
  return { bytes, unit, below: below => Math.floor(unit() * below) }
}
