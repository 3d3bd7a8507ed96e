import { StreamBrokenError } from '#core/errors/xenserver.ts'
import {
  bitmapSize,
  FOOTER_SIZE,
  HEADER_SIZE,
  NOT_ALLOCATED,
  parseFooter,
  parseHeader,
  SECTOR,
  tableSize,
  VhdFormatError,
} from '#disk-formats/vhd/format.ts'
import type { ChunkMemory, DiskExtent, DiskRange } from './api.ts'
import { type ByteReader, byteReader } from './byte-reader.ts'
import { chunksIn, windowsOver } from './ranges.ts'

export interface VhdStreamOptions {
  /** Bytes the disk has; the image may be larger by less than a block. */
  size: number
  chunkSize: number
  /** For messages. */
  what: string
  memory: ChunkMemory
  onBytes?: (count: number) => void
}

const isAllOnes = (bytes: Uint8Array): boolean => bytes.every(byte => byte === 0xff)

/** Bytes in whole sectors that the bitmap of a block does not list are no part of the image: zero. */
const clearAbsentSectors = (chunk: Uint8Array, offsetInBlock: number, bitmap: Uint8Array) => {
  for (let at = 0; at < chunk.length; at += SECTOR) {
    const sector = (offsetInBlock + at) / SECTOR
    if (((bitmap[sector >> 3] ?? 0) & (0x80 >> (sector & 7))) === 0) chunk.fill(0, at, at + SECTOR)
  }
}

const readAll = async (reader: ByteReader, length: number, what: string): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafeSlow(length)
  await fillAll(reader, bytes, what)
  return bytes
}

const truncated = (reader: ByteReader, what: string): StreamBrokenError =>
  new StreamBrokenError(
    'STREAM_TRUNCATED',
    what,
    `it ended after ${reader.position} bytes, too early`,
  )

const fillAll = async (reader: ByteReader, bytes: Uint8Array, what: string): Promise<void> => {
  if ((await reader.fill(bytes)) < bytes.length) throw truncated(reader, what)
}

const moveTo = async (reader: ByteReader, position: number, what: string): Promise<void> => {
  const gap = position - reader.position
  if (gap < 0) throw new VhdFormatError('its parts are not in the order of a stream')
  if ((await reader.skip(gap)) < gap) throw truncated(reader, what)
}

/** Block allocation table: file sector of each block. The order in the file must be that of the disk. */
const readTable = async (reader: ByteReader, entries: number, what: string): Promise<Buffer> => {
  const table = await readAll(reader, tableSize(entries), what)
  let last = 0
  for (let block = 0; block < entries; block++) {
    const sector = table.readUInt32BE(block * 4)
    if (sector === NOT_ALLOCATED) continue
    if (sector <= last) throw new VhdFormatError('its blocks are not in the order of the disk')
    last = sector
  }
  return table
}

async function* readBlock(
  reader: ByteReader,
  bitmap: Buffer,
  blockStart: number,
  parts: readonly DiskRange[],
  { chunkSize, what, memory }: VhdStreamOptions,
): AsyncGenerator<DiskExtent> {
  const dataStart = reader.position
  const complete = isAllOnes(bitmap)
  for (const { offset, length } of chunksIn(parts, chunkSize)) {
    await moveTo(reader, dataStart + (offset - blockStart), what)
    const buffer = await memory.buffer()
    const bytes = buffer.subarray(0, length)
    try {
      await fillAll(reader, bytes, what)
    } catch (error) {
      memory.giveBack(buffer)
      throw error
    }
    if (!complete) clearAbsentSectors(bytes, offset - blockStart, bitmap)
    yield { offset, bytes }
  }
}

/** Footer copy, header and block allocation table: what a VHD begins with. */
const readHead = async (
  reader: ByteReader,
  { size, what }: Pick<VhdStreamOptions, 'size' | 'what'>,
) => {
  const footerCopy = await readAll(reader, FOOTER_SIZE, what)
  const footer = parseFooter(footerCopy, 'footer copy')
  if (footer.size < size)
    throw new VhdFormatError(`it holds ${footer.size} bytes of a disk of ${size}`)
  await moveTo(reader, footer.headerOffset, what)
  const { tableOffset, entries, blockSize } = parseHeader(await readAll(reader, HEADER_SIZE, what))
  if (entries * blockSize < size) throw new VhdFormatError('its block table is too short')
  await moveTo(reader, tableOffset, what)
  return { footerCopy, blockSize, entries, table: await readTable(reader, entries, what) }
}

async function* parse(
  reader: ByteReader,
  wanted: readonly DiskRange[],
  options: VhdStreamOptions,
): AsyncGenerator<DiskExtent> {
  const { chunkSize, what } = options
  const { footerCopy, blockSize, entries, table } = await readHead(reader, options)
  if (blockSize % chunkSize !== 0)
    throw new VhdFormatError(`its blocks of ${blockSize} bytes do not consist of whole chunks`)
  const windowOf = windowsOver(wanted)
  for (let block = 0; block < entries; block++) {
    const blockStart = block * blockSize
    const parts = windowOf(blockStart, blockSize)
    const sector = table.readUInt32BE(block * 4)
    if (sector === NOT_ALLOCATED) {
      for (const part of parts) yield { ...part, zero: true }
      continue
    }
    await moveTo(reader, sector * SECTOR, what)
    const bitmap = await readAll(reader, bitmapSize(blockSize), what)
    const blockEnd = reader.position + blockSize
    yield* readBlock(reader, bitmap, blockStart, parts, options)
    await moveTo(reader, blockEnd, what)
  }
  const closing = await readAll(reader, FOOTER_SIZE, what)
  if (!closing.equals(footerCopy))
    throw new VhdFormatError('the footer at its end differs from that at its start')
  if (!(await reader.atEnd())) throw new VhdFormatError('data follows behind its end')
}

/**
 * Reads a dynamic VHD as it streams by and proves it complete: footer, header, table, every block, and the same footer
 * again at the very end.
 *
 * @param wanted ascending, chunk-aligned; what lies outside is passed over
 * @throws `STREAM_TRUNCATED`, `STREAM_INVALID`, and whatever `pieces` throws
 */
export async function* readVhdStream(
  pieces: AsyncIterable<Uint8Array>,
  wanted: readonly DiskRange[],
  options: VhdStreamOptions,
): AsyncGenerator<DiskExtent> {
  const iterator = pieces[Symbol.asyncIterator]()
  try {
    yield* parse(byteReader(iterator, options.onBytes), wanted, options)
  } catch (error) {
    throw explained(error, options.what)
  } finally {
    await iterator.return?.()
  }
}

/**
 * Reads the start of a dynamic VHD, no further than its block allocation table.
 * @returns ascending ranges of the disk that the image holds; all else of the disk is zero
 * @throws as `readVhdStream`
 */
export const readVhdMap = async (
  pieces: AsyncIterable<Uint8Array>,
  options: Pick<VhdStreamOptions, 'size' | 'what'>,
): Promise<DiskRange[]> => {
  const iterator = pieces[Symbol.asyncIterator]()
  try {
    const { blockSize, entries, table } = await readHead(byteReader(iterator), options)
    const ranges: DiskRange[] = []
    for (let block = 0; block < entries; block++) {
      const offset = block * blockSize
      if (offset >= options.size || table.readUInt32BE(block * 4) === NOT_ALLOCATED) continue
      const length = Math.min(blockSize, options.size - offset)
      const last = ranges.at(-1)
      if (last && last.offset + last.length === offset) last.length += length
      else ranges.push({ offset, length })
    }
    return ranges
  } catch (error) {
    throw explained(error, options.what)
  } finally {
    await iterator.return?.()
  }
}

const explained = (error: unknown, what: string): unknown => {
  if (!(error instanceof VhdFormatError)) return error
  const why = `the VHD stream is not valid, ${error.message}`
  return new StreamBrokenError('STREAM_INVALID', what, why, error)
}
