import { DiskNotFoundError, InvalidWriteError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { equal, hex, isZero } from '../format/bytes.ts'
import { TYPE, ZERO_ID } from '../format/kinds.ts'
import { IDS_PER_PAGE, idAt, pageCount, setId } from '../format/map-page.ts'
import { encodeRoot } from '../format/map-root.ts'
import type { Point, PointDisk } from '../point.ts'
import type { DiskChanges, RootHasher } from '../repository.ts'
import { DiskMapReader } from './disk-map.ts'
import { learnDisk } from './read-disk.ts'
import { createRootHasher, paddedChunk } from './root-hasher.ts'

interface DiskOfPoint {
  point: Point
  diskId: string
}

/** Reads the pages in which the maps differ; of the others their ids are enough. @throws as `Repository.changes` */
export const readChanges = async (
  engine: Engine,
  older: DiskOfPoint,
  newer: DiskOfPoint,
): Promise<DiskChanges> => {
  const [from, to] = [diskOf(older), diskOf(newer)]
  if (from.chunkSize !== to.chunkSize)
    return { differs: () => true, hasher: () => createRootHasher(engine.keys, to) }
  const [before, after] = [await mapOf(engine, older, from), await mapOf(engine, newer, to)]
  const chunks = Math.ceil(to.size / to.chunkSize)
  const pageIds: Uint8Array[] = []
  /** of the older disk, those that differ */
  const pages = new Map<number, Uint8Array>()
  const bits = new Uint8Array(Math.ceil(chunks / 8))
  for (let number = 0; number < pageCount(to.size, to.chunkSize); number++) {
    const id = before.pageIds[number] ?? ZERO_ID
    pageIds.push(id)
    const newId = after.pageIds[number] ?? ZERO_ID
    if (equal(id, newId)) continue
    const [old, page] = [await before.page(id), await after.page(newId)]
    const first = number * IDS_PER_PAGE
    for (let slot = 0; slot < IDS_PER_PAGE; slot++) {
      const chunk = first + slot
      if (chunk >= chunks) setId(old, slot, ZERO_ID)
      else if (!equal(idAt(old, slot), idAt(page, slot)))
        bits[chunk >> 3] = (bits[chunk >> 3] ?? 0) | (1 << (chunk & 7))
    }
    pages.set(number, old)
  }
  return {
    differs(offset, length) {
      const last = Math.min(chunks, Math.ceil((offset + length) / to.chunkSize))
      for (let chunk = Math.floor(offset / to.chunkSize); chunk < last; chunk++)
        if (((bits[chunk >> 3] ?? 0) >> (chunk & 7)) & 1) return true
      return false
    },
    hasher: () => patchingHasher(engine, to, pageIds, pages),
  }
}

const diskOf = ({ point, diskId }: DiskOfPoint): PointDisk => {
  const disk = point.disks.find(({ id }) => id === diskId)
  if (!disk) throw new DiskNotFoundError(point.id, diskId)
  return disk
}

const mapOf = async (engine: Engine, { point, diskId }: DiskOfPoint, disk: PointDisk) => {
  const place = <T>(reading: Promise<T>): Promise<T> =>
    reading.catch(error => {
      throw isDamage(error) ? error.at({ vmUuid: point.vmUuid, pointId: point.id, diskId }) : error
    })
  const map = new DiskMapReader(engine, point, disk, await learnDisk(engine, point, disk))
  const { pageIds } = await place(map.root())
  return { pageIds, page: (id: Uint8Array) => place(map.page(id)) }
}

const patchingHasher = (
  { keys }: Engine,
  { size, chunkSize }: PointDisk,
  oldIds: readonly Uint8Array[],
  oldPages: ReadonlyMap<number, Uint8Array>,
): RootHasher => {
  const pages = new Map([...oldPages].map(([number, page]) => [number, page.slice()]))
  const put = (offset: number, bytes: Uint8Array) => {
    const chunk = offset / chunkSize
    const page = pages.get(Math.floor(chunk / IDS_PER_PAGE))
    if (!page)
      throw new InvalidWriteError(`bytes at ${offset} are in a stretch that does not differ`)
    const id = isZero(bytes) ? ZERO_ID : keys.recordId(TYPE.chunk, paddedChunk(bytes, chunkSize))
    setId(page, chunk % IDS_PER_PAGE, id)
  }
  return {
    update(offset, bytes) {
      const end = offset + bytes.length
      if (offset % chunkSize !== 0 || end > size || (end % chunkSize !== 0 && end !== size))
        throw new InvalidWriteError(
          `bytes from ${offset} to ${end} are no whole chunks of the disk`,
        )
      for (let at = 0; at < bytes.length; at += chunkSize)
        put(offset + at, bytes.subarray(at, at + chunkSize))
    },
    digest() {
      const pageIds = oldIds.map((id, number) => {
        const page = pages.get(number)
        if (!page) return id
        return isZero(page) ? ZERO_ID : keys.recordId(TYPE.page, page)
      })
      return hex(keys.recordId(TYPE.root, encodeRoot({ size, chunkSize, pageIds })))
    },
  }
}
