import { monotonicFactory } from 'ulid'
import type { Clock, Random } from './ports.ts'

/**
 * Makes ULIDs from the two ports, so that a test with a frozen clock and a seeded source gets the same ids each time.
 *
 * @returns a maker whose ids ascend in the order of the calls, also within one millisecond
 */
export const ulidMaker = ({ clock, random }: { clock: Clock; random: Random }): (() => string) => {
  const next = monotonicFactory(() => {
    const [a = 0, b = 0] = random.bytes(2)
    return (a * 256 + b) / 65_536 // 16 bits for each 5-bit character: no character is favoured
  })
  return () => next(clock.now())
}

/** Lower-case hex; `Uint8Array.prototype.toHex` is not in Node 24. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
