import { open } from 'node:fs/promises'
import { VHD_BLOCK } from './granularity.ts'

/** A raw image on disk that is only read: the bottom of a chain. */
export interface RawFile {
  /** Bytes in the file; reads beyond are zero. */
  size: number
  /** Bytes the file system gave it. */
  allocatedBytes: number
  readInto(target: Buffer, offset: number): Promise<void>
  /** Numbers of the 2 MiB blocks that hold a byte other than zero; found by reading the file once. */
  allocatedBlocks(): Promise<ReadonlySet<number>>
  close(): Promise<void>
}

export async function openRawFile(path: string): Promise<RawFile> {
  const file = await open(path, 'r')
  const stat = await file.stat()
  let found: Promise<ReadonlySet<number>> | undefined

  const readInto = async (target: Buffer, offset: number) => {
    const inside = Math.max(0, Math.min(target.length, stat.size - offset))
    let done = 0
    while (done < inside) {
      const { bytesRead } = await file.read(target, done, inside - done, offset + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    target.fill(0, done)
  }

  // Node has no SEEK_HOLE, so holes are found by comparing with zeros (about 4 GB/s from the page cache).
  const findData = async () => {
    const blocks = new Set<number>()
    if (stat.blocks === 0) return blocks
    const zero = Buffer.alloc(VHD_BLOCK)
    const piece = Buffer.alloc(VHD_BLOCK)
    for (let block = 0; block * VHD_BLOCK < stat.size; block++) {
      await readInto(piece, block * VHD_BLOCK)
      if (!piece.equals(zero)) blocks.add(block)
    }
    return blocks
  }

  return {
    size: stat.size,
    allocatedBytes: stat.blocks * 512,
    readInto,
    allocatedBlocks: () => {
      found ??= findData()
      return found
    },
    close: () => file.close(),
  }
}
