import type { DiskContent } from '#disk-formats/disk-content.ts'
import type { Point, PointDisk, Repository } from '#repository/index.ts'

const BLOCK = 2 * 1024 * 1024 // bytes: a block of the VHD that carries it

/** Content with its proof. */
export interface ProvenContent extends DiskContent {
  /** Bytes in blocks that hold something. */
  needed: number
  /** To be called when all was read. */
  rootHash(): string
}

/**
 * A disk of a point as a restore target takes it, and the proof of what was taken: the root hash is computed again from the
 * very bytes that were handed out.
 */
export const provenContent = async (
  repository: Pick<Repository, 'readDisk' | 'occupancy' | 'rootHasher'>,
  point: Point,
  { id, size, chunkSize }: PointDisk,
): Promise<ProvenContent> => {
  const occupancy = await repository.occupancy(point, id)
  const hasher = repository.rootHasher({ size, chunkSize })
  const present = (block: number) => !occupancy.isZero(block * BLOCK, BLOCK)
  const blocks = Array.from({ length: Math.ceil(size / BLOCK) }, (_, block) => block)
  return {
    size,
    needed: blocks.filter(present).length * BLOCK,
    present,
    async *read(signal) {
      for await (const extent of repository.readDisk(point, id, { signal })) {
        if (extent.zero) continue // a target is zero where nothing is written
        hasher.update(extent.offset, extent.bytes)
        yield { offset: extent.offset, bytes: extent.bytes }
      }
    },
    rootHash: () => hasher.digest(),
  }
}
