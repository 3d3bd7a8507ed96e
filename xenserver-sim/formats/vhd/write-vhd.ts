import { randomBytes } from 'node:crypto'
import { DISK_TYPE, encodeFooter } from './footer.ts'
import { encodeHeader, type ParentFile } from './header.ts'
import {
  BITMAP_BYTES,
  BLOCK_BYTES,
  SECTOR,
  TABLE_OFFSET,
  tableBytes,
  UNUSED_ENTRY,
} from './layout.ts'

export interface VhdSource {
  /** Virtual size in bytes. */
  size: number
  /** Numbers of the 2 MiB blocks to send, ascending. */
  blocks: number[]
  read(offset: number, length: number): Promise<Buffer>
  /** Makes it a differencing image. */
  parent?: ParentFile
}

const fullBitmap = Buffer.alloc(BITMAP_BYTES, 0xff)

/** A VHD as export_raw_vdi streams it: strictly sequential, its length known beforehand (vhdLength). */
export async function* writeVhd({ size, blocks, read, parent }: VhdSource): AsyncGenerator<Buffer> {
  const diskType = parent ? DISK_TYPE.differencing : DISK_TYPE.dynamic
  // A new UUID for every export, so that nobody links exports by it.
  const footer = encodeFooter({ size, diskType, uuid: randomBytes(16) })
  const locator = Buffer.alloc(SECTOR)
  yield Buffer.concat([footer, encodeHeader(size, parent), locator, allocationTable(size, blocks)])
  for (const block of blocks) {
    const data = await readBlock(block, size, read)
    yield fullBitmap
    yield data
  }
  yield footer
}

function allocationTable(size: number, blocks: number[]): Buffer {
  const bytes = Buffer.alloc(tableBytes(size), 0xff)
  const first = (TABLE_OFFSET + bytes.length) / SECTOR
  const step = (BITMAP_BYTES + BLOCK_BYTES) / SECTOR
  blocks.forEach((block, i) => {
    const sector = first + i * step
    if (sector >= UNUSED_ENTRY) throw new Error('This VHD is too long for its table.')
    bytes.writeUInt32BE(sector, block * 4)
  })
  return bytes
}

/** The last block of a disk that does not end on 2 MiB is filled with zeros. */
async function readBlock(block: number, size: number, read: VhdSource['read']): Promise<Buffer> {
  const offset = block * BLOCK_BYTES
  const length = Math.min(BLOCK_BYTES, size - offset)
  const data = await read(offset, length)
  return length === BLOCK_BYTES ? data : Buffer.concat([data], BLOCK_BYTES)
}
