import type { Entry, Extent } from './entry.ts'

/** Where the bytes of a file's data belong: the rest of it is hole. @returns ascending, in the order of the content */
export const filled = ({ size, holes = [] }: Pick<Entry, 'size' | 'holes'>): Extent[] => {
  const parts: Extent[] = []
  let at = 0
  for (const [offset, length] of holes) {
    if (offset > at) parts.push([at, offset - at])
    at = offset + length
  }
  if (size > at) parts.push([at, size - at])
  return parts
}

/**
 * Cuts data at holes.
 * @param from where in the file's data `bytes` begin, holes left out
 * @returns where each part belongs in the file
 */
export function* placed(
  parts: readonly Extent[],
  from: number,
  bytes: Uint8Array,
): Generator<{ offset: number; bytes: Uint8Array }> {
  let before = 0
  for (const [offset, length] of parts) {
    const start = Math.max(from, before)
    const end = Math.min(from + bytes.length, before + length)
    if (start < end)
      yield { offset: offset + start - before, bytes: bytes.subarray(start - from, end - from) }
    before += length
    if (before >= from + bytes.length) return
  }
}
