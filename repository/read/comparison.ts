import { DiskNotFoundError, InvalidWriteError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { equal, hex, isZero } from '../format/bytes.ts'
import { TYPE, ZERO_ID } from '../format/kinds.ts'
import { emptyPage, IDS_PER_PAGE, idAt, setId } from '../format/map-page.ts'
import { encodeRoot } from '../format/map-root.ts'
import type { Point } from '../point.ts'
import type { DiskComparison } from '../repository.ts'
import { DiskMapReader } from './disk-map.ts'
import { learnDisk } from './read-disk.ts'
import { paddedChunk } from './root-hasher.ts'

/**
 * Holds two maps: that of the point, and one of what was found, which begins as zeros. 32 bytes for each chunk of either: 64 MiB for a disk
 * of a tebibyte.
 * @throws as `Repository.comparison`
 */
export const compareDisk = async (
  engine: Engine,
  point: Point,
  diskId: string,
): Promise<DiskComparison> => {
  const disk = point.disks.find(({ id }) => id === diskId)
  if (!disk) throw new DiskNotFoundError(point.id, diskId)
  const { keys } = engine
  const { size, chunkSize } = disk
  const chunks = Math.ceil(size / chunkSize)
  const wanted: Uint8Array[] = []
  try {
    const map = new DiskMapReader(engine, point, disk, await learnDisk(engine, point, disk))
    for (const id of (await map.root()).pageIds) wanted.push(await map.page(id))
  } catch (error) {
    throw isDamage(error) ? error.at({ vmUuid: point.vmUuid, pointId: point.id, diskId }) : error
  }
  const found = wanted.map(() => emptyPage())
  const idIn = (pages: readonly Uint8Array[], chunk: number): Uint8Array =>
    idAt(pages[Math.floor(chunk / IDS_PER_PAGE)] as Uint8Array, chunk % IDS_PER_PAGE)

  return {
    update(offset, bytes) {
      const end = offset + bytes.length
      if (offset % chunkSize !== 0 || end > size || (end % chunkSize !== 0 && end !== size))
        throw new InvalidWriteError(
          `bytes from ${offset} to ${end} are no whole chunks of the disk`,
        )
      for (let at = 0; at < bytes.length; at += chunkSize) {
        const part = bytes.subarray(at, at + chunkSize)
        const chunk = (offset + at) / chunkSize
        const page = found[Math.floor(chunk / IDS_PER_PAGE)] as Uint8Array
        const id = isZero(part) ? ZERO_ID : keys.recordId(TYPE.chunk, paddedChunk(part, chunkSize))
        setId(page, chunk % IDS_PER_PAGE, id)
      }
    },
    differs(offset, length) {
      const last = Math.min(chunks, Math.ceil((offset + length) / chunkSize))
      for (let chunk = Math.floor(offset / chunkSize); chunk < last; chunk++)
        if (!equal(idIn(wanted, chunk), idIn(found, chunk))) return true
      return false
    },
    digest() {
      const pageIds = found.map(page => (isZero(page) ? ZERO_ID : keys.recordId(TYPE.page, page)))
      return hex(keys.recordId(TYPE.root, encodeRoot({ size, chunkSize, pageIds })))
    },
  }
}
