import type { ForwardReader } from '../forward-reader.ts'
import { DISK_TYPE, decodeFooter } from './footer.ts'
import { decodeHeader, type Header } from './header.ts'
import { FOOTER_BYTES, HEADER_BYTES, SECTOR, UNUSED_ENTRY } from './layout.ts'

/** Puts bytes on the disk being filled; rejects beyond its end. */
export type WriteDisk = (offset: number, data: Buffer) => Promise<void>

/**
 * Writes the sectors a VHD stream holds, and only those: bitmaps count sector by sector, and a differencing image goes
 * on top of what is there without a look at its parent. Everything has to come in file order.
 *
 * @param contentLength bytes announced for the stream: the closing footer is expected in its last whole sector, so a
 * wrong length fails after all data was written
 * @param onProgress called with the fraction of blocks done
 */
export async function readVhd(
  reader: ForwardReader,
  contentLength: number,
  write: WriteDisk,
  onProgress: (fraction: number) => void = () => {},
): Promise<void> {
  const start = reader.position
  const footer = decodeFooter(await reader.read(FOOTER_BYTES))
  const readable =
    footer.diskType === DISK_TYPE.dynamic || footer.diskType === DISK_TYPE.differencing
  if (!readable) throw new Error(`VHD disk type ${footer.diskType} cannot be streamed.`)

  await reader.skipTo(start + footer.headerOffset)
  const header = decodeHeader(await reader.read(HEADER_BYTES))
  await reader.skipTo(start + header.tableOffset)
  const table = await reader.read(header.entries * 4)

  const present = presentBlocks(table)
  for (const [done, { block, sector }] of present.entries()) {
    await reader.skipTo(start + sector * SECTOR)
    await readBlock(reader, header, block, footer.size, write)
    onProgress((done + 1) / present.length)
  }
  const lastSector = Math.floor(contentLength / SECTOR) - 1
  await reader.skipTo(start + lastSector * SECTOR)
  decodeFooter(await reader.read(FOOTER_BYTES))
}

/** In the order in which they lie in the file. */
function presentBlocks(table: Buffer): { block: number; sector: number }[] {
  const found = []
  for (let block = 0; block * 4 < table.length; block++) {
    const sector = table.readUInt32BE(block * 4)
    if (sector !== UNUSED_ENTRY) found.push({ block, sector })
  }
  return found.sort((a, b) => a.sector - b.sector)
}

async function readBlock(
  reader: ForwardReader,
  { blockBytes }: Header,
  block: number,
  size: number,
  write: WriteDisk,
): Promise<void> {
  const sectors = blockBytes / SECTOR
  const bitmap = await reader.read(Math.ceil(sectors / 8 / SECTOR) * SECTOR)
  const data = await reader.read(blockBytes)
  const offset = block * blockBytes
  const inside = Math.min(sectors, Math.ceil((size - offset) / SECTOR))
  for (const run of presentRuns(bitmap, inside)) {
    const piece = data.subarray(run.first * SECTOR, (run.first + run.count) * SECTOR)
    await write(offset + run.first * SECTOR, piece)
  }
}

/** Neighbouring sectors whose bit (most significant first) is set. */
function presentRuns(bitmap: Buffer, sectors: number): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = []
  for (let sector = 0; sector < sectors; sector++) {
    if (((bitmap[sector >> 3] as number) & (0x80 >> (sector & 7))) === 0) continue
    const last = runs.at(-1)
    if (last && last.first + last.count === sector) last.count++
    else runs.push({ first: sector, count: 1 })
  }
  return runs
}
