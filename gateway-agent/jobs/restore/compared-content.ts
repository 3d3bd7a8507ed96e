import type { DiskContent } from '#disk-formats/disk-content.ts'
import type { Point, PointDisk, Repository } from '#repository/index.ts'
import type { SnapshotDisk } from '../../sources/api.ts'
import type { Pool } from '../pool.ts'

const BLOCK = 2 * 1024 * 1024 // bytes: a block of the VHD that carries it

/** What differs on a disk from a point. */
export interface ComparedContent extends DiskContent {
  changedBytes: number
  /** Over what was found on the disk, with what was handed out put in: the point's, when all is well. */
  rootHash(): string
  close(): Promise<void>
}

/**
 * Reads all that is on a disk and compares it with a disk of a point, by ids of chunks: of the point only blocks of 2 MiB that differ are fetched.
 * @param options.disk a snapshot, of the disk that is to be written
 * @param options.onProgress how far it was looked at, and how much was read for that; bytes
 * @throws errors of pool and repository
 */
export const comparedContent = async (
  repository: Pick<Repository, 'comparison' | 'openDisk'>,
  pool: Pick<Pool, 'readDisk'>,
  {
    disk,
    point,
    stored: { id, size, chunkSize },
    signal,
    onProgress,
  }: {
    disk: SnapshotDisk
    point: Point
    stored: PointDisk
    signal: AbortSignal
    onProgress: (offset: number, bytesRead: number) => void
  },
): Promise<ComparedContent> => {
  const comparison = await repository.comparison(point, id)
  const reading = await pool.readDisk({ disk, whole: true, chunkSize, signal })
  for await (const extent of reading.extents()) {
    if (extent.zero || extent.offset >= size) continue // what nobody tells is zero
    comparison.update(extent.offset, extent.bytes.subarray(0, size - extent.offset))
    onProgress(extent.offset, reading.bytesRead)
  }
  const blocks = Array.from({ length: Math.ceil(size / BLOCK) }, (_, block) => block)
  const differing = new Set(blocks.filter(block => comparison.differs(block * BLOCK, BLOCK)))
  const lengthOf = (block: number) => Math.min(BLOCK, size - block * BLOCK)
  const open = await repository.openDisk(point, id)
  return {
    size,
    changedBytes: [...differing].reduce((sum, block) => sum + lengthOf(block), 0),
    present: block => differing.has(block),
    async *read(stop) {
      for (const block of differing) {
        stop.throwIfAborted()
        const offset = block * BLOCK
        const bytes = await open.read(offset, lengthOf(block))
        comparison.update(offset, bytes)
        yield { offset, bytes }
      }
    },
    rootHash: () => comparison.digest(),
    close: () => open.close(),
  }
}
