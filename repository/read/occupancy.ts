import { DiskNotFoundError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { isZero } from '../format/bytes.ts'
import { IDS_PER_PAGE, idAt } from '../format/map-page.ts'
import type { Point } from '../point.ts'
import type { Occupancy } from '../repository.ts'
import { DiskMapReader } from './disk-map.ts'
import { learnDisk } from './read-disk.ts'

/** Reads a disk's map, no chunk, and keeps one bit for each chunk. @throws as `Repository.occupancy` */
export const readOccupancy = async (
  engine: Engine,
  point: Point,
  diskId: string,
): Promise<Occupancy> => {
  const disk = point.disks.find(({ id }) => id === diskId)
  if (!disk) throw new DiskNotFoundError(point.id, diskId)
  const { size, chunkSize } = disk
  const chunks = Math.ceil(size / chunkSize)
  const bits = new Uint8Array(Math.ceil(chunks / 8))
  try {
    const map = new DiskMapReader(engine, point, disk, await learnDisk(engine, point, disk))
    const { pageIds } = await map.root()
    for (const [number, pageId] of pageIds.entries()) {
      if (isZero(pageId)) continue
      const page = await map.page(pageId)
      const first = number * IDS_PER_PAGE
      for (let chunk = first; chunk < Math.min(first + IDS_PER_PAGE, chunks); chunk++)
        if (!isZero(idAt(page, chunk - first)))
          bits[chunk >> 3] = (bits[chunk >> 3] ?? 0) | (1 << (chunk & 7))
    }
  } catch (error) {
    throw isDamage(error) ? error.at({ vmUuid: point.vmUuid, pointId: point.id, diskId }) : error
  }
  return {
    isZero(offset, length) {
      const last = Math.min(chunks, Math.ceil((offset + length) / chunkSize))
      for (let chunk = Math.floor(offset / chunkSize); chunk < last; chunk++)
        if (((bits[chunk >> 3] ?? 0) >> (chunk & 7)) & 1) return false
      return true
    },
  }
}
