import { randomBytes } from 'node:crypto'
import { ContentError, type DiskContent } from '../disk-content.ts'
import { isZero } from '../zeros.ts'
import {
  bitmapSize,
  buildFooter,
  buildHeader,
  FOOTER_SIZE,
  HEADER_SIZE,
  NOT_ALLOCATED,
  SECTOR,
  tableSize,
  VHD_BLOCK,
} from './format.ts'

const BITMAP = bitmapSize(VHD_BLOCK)
const ZEROS = Buffer.alloc(256 * 1024)

export interface VhdImage {
  /** Exact bytes of the stream: XAPI finds the closing footer by it. */
  length: number
  /** Bytes of disk in blocks that are written. */
  payload: number
  /**
   * The stream; it copies nothing.
   * @param onProgress bytes of payload sent so far
   */
  stream(signal: AbortSignal, onProgress?: (bytes: number) => void): AsyncIterable<Uint8Array>
}

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= ZEROS.length)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length))
}

/** Sectors that exist on the disk; those of the last block behind its end are not written. */
const sectorBitmap = (bytes: number): Buffer => {
  const bitmap = Buffer.alloc(BITMAP)
  const sectors = Math.ceil(bytes / SECTOR)
  bitmap.fill(0xff, 0, sectors >> 3)
  if ((sectors & 7) !== 0) bitmap[sectors >> 3] = (0xff00 >> (sectors & 7)) & 0xff
  return bitmap
}

const buildTable = (entries: number, present: readonly number[]): Buffer => {
  const table = Buffer.alloc(tableSize(entries), 0xff)
  const firstBlock = FOOTER_SIZE + HEADER_SIZE + table.length
  for (let block = 0; block < entries; block++) table.writeUInt32BE(NOT_ALLOCATED, block * 4)
  for (const [index, block] of present.entries())
    table.writeUInt32BE((firstBlock + index * (BITMAP + VHD_BLOCK)) / SECTOR, block * 4)
  return table
}

/** Hands out the content piece by piece, window after window. */
const contentReader = (pieces: AsyncIterator<{ offset: number; bytes: Uint8Array }>) => {
  let piece: { offset: number; bytes: Uint8Array } | undefined
  let end = 0

  const next = async (): Promise<typeof piece> => {
    if (piece && piece.offset + piece.bytes.length > end) return piece
    const { done, value } = await pieces.next()
    piece = done ? undefined : value
    if (piece && piece.offset < end) throw new ContentError('the content is not in ascending order')
    return piece
  }

  /** Passes over a part of the disk that has no block in the image. */
  const assertZeroUntil = async (limit: number): Promise<void> => {
    for (let part = await next(); part && part.offset < limit; part = await next()) {
      const bytes = part.bytes.subarray(Math.max(0, end - part.offset), limit - part.offset)
      if (!isZero(bytes))
        throw new ContentError(
          `data came for the absent block at byte ${Math.max(end, part.offset)}`,
        )
      end = Math.max(end, part.offset) + bytes.length
      if (bytes.length === 0 || end === limit) break
    }
    end = Math.max(end, limit)
  }

  /** All bytes from where the last window ended up to `limit`, gaps filled with zeros. */
  async function* windowUntil(limit: number): AsyncGenerator<Uint8Array> {
    for (let part = await next(); part && part.offset < limit; part = await next()) {
      if (part.offset > end) yield* zeros(part.offset - end)
      end = Math.max(end, part.offset)
      const bytes = part.bytes.subarray(end - part.offset, limit - part.offset)
      if (bytes.length > 0) yield bytes
      end += bytes.length
      if (end === limit) return
    }
    yield* zeros(limit - end)
    end = limit
  }

  return { assertZeroUntil, windowUntil }
}

/**
 * Plans a dynamic VHD with blocks of 2 MiB, in the order of the disk, for `PUT /import_raw_vdi?format=vhd`.
 * @throws {ContentError} from the stream, where the content has data in a block that is not `present`, or no order
 */
export const vhdImage = (
  { size, present, read }: DiskContent,
  {
    id = randomBytes(16),
    differencing = false,
  }: {
    id?: Uint8Array
    /** It is to be put on top of what is there: blocks that are not present stay as they are. */
    differencing?: boolean
  } = {},
): VhdImage => {
  const parent = differencing ? randomBytes(16) : undefined
  const entries = Math.ceil(size / VHD_BLOCK)
  const blocks = Array.from({ length: entries }, (_, block) => block).filter(present)
  const length =
    FOOTER_SIZE +
    HEADER_SIZE +
    tableSize(entries) +
    blocks.length * (BITMAP + VHD_BLOCK) +
    FOOTER_SIZE

  async function* stream(signal: AbortSignal, onProgress: (bytes: number) => void = () => {}) {
    const footer = buildFooter(size, id, { differencing })
    yield Buffer.concat([footer, buildHeader(entries, parent), buildTable(entries, blocks)])
    const pieces = read(signal)[Symbol.asyncIterator]()
    try {
      const content = contentReader(pieces)
      let sent = 0
      for (const block of blocks) {
        const start = block * VHD_BLOCK
        const end = Math.min(start + VHD_BLOCK, size)
        await content.assertZeroUntil(start)
        yield sectorBitmap(end - start)
        for await (const bytes of content.windowUntil(end)) {
          yield bytes
          sent += bytes.length
          onProgress(sent)
        }
        yield* zeros(start + VHD_BLOCK - end)
      }
      await content.assertZeroUntil(size)
    } finally {
      await pieces.return?.()
    }
    yield footer
  }

  const payload = blocks.reduce(
    (sum, block) => sum + Math.min(VHD_BLOCK, size - block * VHD_BLOCK),
    0,
  )
  return { length, payload, stream }
}
