import { randomBytes } from 'node:crypto'
import { contentReader, type DiskImage, zeros } from '../content-reader.ts'
import type { DiskContent } from '../disk-content.ts'
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
): DiskImage => {
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
