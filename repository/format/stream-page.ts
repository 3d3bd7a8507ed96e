import { ensure, view } from './bytes.ts'
import { ID_SIZE } from './kinds.ts'

/** The lower level of a stream's map: chunks one after the other; docs/repository-format.md, section 7.1. */
export interface StreamPage {
  /** 1 to 1,024 */
  count: number
  /** bytes of the page: id and length by turns */
  bytes: Uint8Array
  /** where each chunk begins, bytes from the start of the page's part of the stream; and where the last one ends */
  starts: Uint32Array
}

export const ENTRIES_PER_PAGE = 1024
export const MAX_STREAM_CHUNK = 1024 * 1024 // bytes
export const STREAM_ENTRY_SIZE: number = ID_SIZE + 4 // bytes

export const writeStreamEntry = (
  page: Buffer,
  slot: number,
  id: Uint8Array,
  length: number,
): void => {
  page.set(id, slot * STREAM_ENTRY_SIZE)
  page.writeUInt32LE(length, slot * STREAM_ENTRY_SIZE + ID_SIZE)
}

/** @returns the id of a chunk, in the page's memory */
export const streamIdAt = ({ bytes }: Pick<StreamPage, 'bytes'>, slot: number): Uint8Array =>
  bytes.subarray(slot * STREAM_ENTRY_SIZE, slot * STREAM_ENTRY_SIZE + ID_SIZE)

/** @throws FormatError */
export const decodeStreamPage = (bytes: Uint8Array): StreamPage => {
  const count = bytes.length / STREAM_ENTRY_SIZE
  ensure(
    Number.isInteger(count) && count >= 1 && count <= ENTRIES_PER_PAGE,
    `a page of a stream's map has ${bytes.length} bytes`,
  )
  const b = view(bytes)
  const starts = new Uint32Array(count + 1)
  for (let slot = 0; slot < count; slot++) {
    const length = b.readUInt32LE(slot * STREAM_ENTRY_SIZE + ID_SIZE)
    ensure(length >= 1 && length <= MAX_STREAM_CHUNK, `a chunk of a stream has ${length} bytes`)
    starts[slot + 1] = (starts[slot] as number) + length
  }
  return { count, bytes, starts }
}
