import type { ByteRange } from '#core/ports.ts'

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0

/** @throws RangeError when a number of `range` is negative, fractional or above 2^53: a mistake of the caller */
export const checkRange = (range: ByteRange): void => {
  const counts = 'last' in range ? [range.last] : [range.offset, range.length]
  if (!counts.every(isCount)) throw new RangeError(`not a byte range: ${JSON.stringify(range)}`)
}

/**
 * @param size of the object, in bytes
 * @returns the part of `[0, size)` that `range` names: first byte and the byte after the last; both equal when there is none
 */
export const resolveRange = (size: number, range?: ByteRange): { start: number; end: number } => {
  if (range === undefined) return { start: 0, end: size }
  checkRange(range)
  if ('last' in range) return { start: Math.max(0, size - range.last), end: size }
  const start = Math.min(range.offset, size)
  return { start, end: Math.min(start + range.length, size) }
}
