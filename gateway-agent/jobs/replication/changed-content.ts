import type { DiskContent } from '#disk-formats/disk-content.ts'
import type { Point, Repository } from '#repository/index.ts'

const BLOCK = 2 * 1024 * 1024 // bytes: a block of the VHD that carries it

interface DiskOf {
  point: Point
  diskId: string
}

/**
 * What has to be written over `older` to make it `newer`: blocks of 2 MiB in which they differ, whole, read from the newer point.
 * `rootHash` is that of the older map with the chunks that were handed out put in: equal to the newer one's where the right bytes were sent.
 */
export const changedContent = async (
  repository: Pick<Repository, 'changes' | 'readDisk'>,
  older: DiskOf,
  newer: DiskOf & { size: number; chunkSize: number },
): Promise<DiskContent & { rootHash(): string; changedBytes: number }> => {
  const changes = await repository.changes(older, newer)
  const { size, chunkSize } = newer
  const hasher = changes.hasher()
  const zeros = new Uint8Array(chunkSize)
  const present = (block: number) => changes.differs(block * BLOCK, BLOCK)
  const within = (offset: number, length: number) => {
    const start = Math.floor(offset / BLOCK) * BLOCK
    return changes.differs(start, Math.ceil((offset + length) / BLOCK) * BLOCK - start)
  }
  let changedBytes = 0
  for (let block = 0; block * BLOCK < size; block++)
    if (present(block)) changedBytes += Math.min(BLOCK, size - block * BLOCK)
  return {
    size,
    present,
    changedBytes,
    async *read(signal) {
      for await (const extent of repository.readDisk(newer.point, newer.diskId, {
        signal,
        within,
      })) {
        if (!extent.zero) {
          hasher.update(extent.offset, extent.bytes)
          yield { offset: extent.offset, bytes: extent.bytes }
          continue
        }
        // Zeros are written too: the target holds something else there. The carrier fills gaps of a block with them.
        for (let at = 0; at < extent.length; at += chunkSize)
          hasher.update(
            extent.offset + at,
            zeros.subarray(0, Math.min(chunkSize, extent.length - at)),
          )
      }
    },
    rootHash: () => hasher.digest(),
  }
}
