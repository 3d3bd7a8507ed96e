import type { Entry } from './entry.ts'
import { filled } from './holes.ts'

/**
 * Compares what an entry says of its data with itself and with the content: a damaged or made-up list could name anything, and a file that is
 * shorter than it says would pass for whole.
 * @param content bytes of all content of the tree
 * @returns half a sentence; none where it is as it should be
 */
export const contradictionOf = (entry: Entry, content: number): string | undefined => {
  const { type, size, holes = [], data = { offset: 0, length: 0 }, problem } = entry
  if (entry.hardLinkTo !== undefined || problem !== undefined) return undefined
  if (data.offset + data.length > content)
    return 'its data lies beyond what the point holds of this tree'
  if (type !== 'file') return data.length > 0 ? 'it has data, and is no file' : undefined
  const [offset, length] = holes.at(-1) ?? [0, 0]
  const expected = filled(entry).reduce((sum, [, bytes]) => sum + bytes, 0)
  return offset + length > size || expected !== data.length
    ? 'its size and its data do not belong together'
    : undefined
}
