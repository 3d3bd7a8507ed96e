import type { PointDisk, Repository } from '#repository/index.ts'
import type { JobContext } from '../../control/leased-job.ts'
import type { Pool } from '../pool.ts'

/**
 * Reads a disk of a snapshot from XenServer, all of it.
 * @param state reference of the snapshot
 * @returns its root hash, as the repository would compute it; undefined where the snapshot has no such disk
 */
export const readBack = async (
  {
    pool,
    repository,
    context,
  }: { pool: Pool; repository: Pick<Repository, 'rootHasher'>; context: JobContext },
  state: string,
  userdevice: string,
  { size, chunkSize }: Pick<PointDisk, 'size' | 'chunkSize'>,
): Promise<string | undefined> => {
  const disk = await pool.standbys.diskOf(state, userdevice)
  if (!disk) return undefined
  const hasher = repository.rootHasher({ size, chunkSize })
  // Chunks of the source may be smaller than those of the point, which the root hash is made of.
  const chunk = new Uint8Array(chunkSize)
  let at = 0 // start of `chunk` in the disk
  let isZero = true
  const close = () => {
    if (!isZero) hasher.update(at, chunk.subarray(0, Math.min(chunkSize, size - at)))
    chunk.fill(0)
    isZero = true
  }
  const reading = await pool.readDisk({ disk, signal: context.signal })
  for await (const extent of reading.extents()) {
    if (extent.zero) continue
    for (let from = 0; from < extent.bytes.length; ) {
      const offset = extent.offset + from
      if (offset >= size) break
      const start = Math.floor(offset / chunkSize) * chunkSize
      if (start !== at) close()
      at = start
      const length = Math.min(extent.bytes.length - from, start + chunkSize - offset, size - offset)
      chunk.set(extent.bytes.subarray(from, from + length), offset - start)
      isZero = false
      from += length
    }
  }
  close()
  return hasher.digest()
}
