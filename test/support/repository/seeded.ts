import type { Clock, Random } from '#core/ports.ts'

/** xoshiro128**: the same bytes for the same seed, on every machine. */
export const seededRandom = (seed: number): Random => {
  const state = Uint32Array.of(seed, 0x9e3779b9, 0x243f6a88, 0xb7e15162)
  const rotate = (x: number, k: number) => (x << k) | (x >>> (32 - k))
  const next = (): number => {
    const [a, b, c, d] = state as unknown as [number, number, number, number]
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const c1 = c ^ a
    const d1 = d ^ b
    state[1] = b ^ c1
    state[0] = a ^ d1
    state[2] = c1 ^ (b << 9)
    state[3] = rotate(d1, 11)
    return result
  }
  for (let i = 0; i < 16; i++) next()
  return {
    bytes: size => {
      const out = new Uint8Array(Math.ceil(size / 4) * 4)
      const words = new Uint32Array(out.buffer)
      for (let i = 0; i < words.length; i++) words[i] = next()
      return out.subarray(0, size)
    },
  }
}

/** A clock that stands still until it is told otherwise. */
export const frozenClock = (
  time = Date.parse('2026-11-22T12:00:00Z'),
): Clock & { time: number } => ({
  time,
  now() {
    return this.time
  },
})
