import type { DiskRange } from './api.ts'

/** Bytes in all ranges together. */
export const lengthOf = (ranges: readonly DiskRange[]): number =>
  ranges.reduce((sum, { length }) => sum + length, 0)

/** @returns what of the ascending `ranges` lies at or behind `position` */
export const rangesFrom = (ranges: readonly DiskRange[], position: number): DiskRange[] =>
  ranges.flatMap(({ offset, length }) => {
    const end = offset + length
    if (end <= position) return []
    const start = Math.max(offset, position)
    return [{ offset: start, length: end - start }]
  })

/** @returns what lies in one of two lists of ascending ranges, or in both: ascending, neighbours joined */
export const union = (a: readonly DiskRange[], b: readonly DiskRange[]): DiskRange[] => {
  const joined: DiskRange[] = []
  for (const { offset, length } of [...a, ...b].sort((x, y) => x.offset - y.offset)) {
    const last = joined.at(-1)
    if (last && offset <= last.offset + last.length)
      last.length = Math.max(last.length, offset + length - last.offset)
    else joined.push({ offset, length })
  }
  return joined
}

/**
 * What of the ascending `ranges` lies in a window; windows must be asked for in ascending order without overlap, which
 * keeps the walk over a disk linear.
 */
export const windowsOver = (ranges: readonly DiskRange[]) => {
  let first = 0
  return (offset: number, length: number): DiskRange[] => {
    const end = offset + length
    for (let range = ranges[first]; range; range = ranges[first]) {
      if (range.offset + range.length > offset) break
      first++
    }
    const parts: DiskRange[] = []
    for (let i = first; ; i++) {
      const range = ranges[i]
      if (!range || range.offset >= end) return parts
      const start = Math.max(range.offset, offset)
      parts.push({ offset: start, length: Math.min(range.offset + range.length, end) - start })
    }
  }
}

/** Cuts ranges into chunks; the last one of the disk may be shorter. Ranges start at multiples of the chunk size. */
export function* chunksIn(ranges: readonly DiskRange[], chunkSize: number): Generator<DiskRange> {
  for (const { offset, length } of ranges)
    for (let at = offset; at < offset + length; at += chunkSize)
      yield { offset: at, length: Math.min(chunkSize, offset + length - at) }
}

/** @returns what of the ascending `ranges` is not in the ascending `others` */
export const without = (
  ranges: readonly DiskRange[],
  others: readonly DiskRange[],
): DiskRange[] => {
  const left: DiskRange[] = []
  let next = 0
  for (const { offset, length } of ranges) {
    const end = offset + length
    let at = offset
    for (let i = next; ; i++) {
      const other = others[i]
      if (!other || other.offset >= end) break
      const otherEnd = other.offset + other.length
      if (otherEnd <= offset) {
        next = i + 1
        continue
      }
      if (other.offset > at) left.push({ offset: at, length: other.offset - at })
      at = Math.max(at, otherEnd)
    }
    if (at < end) left.push({ offset: at, length: end - at })
  }
  return left
}

/** @returns what lies in both of two lists of ascending ranges */
export const intersection = (a: readonly DiskRange[], b: readonly DiskRange[]): DiskRange[] =>
  without(a, without(a, b))
