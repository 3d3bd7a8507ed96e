import { BaseMismatchError, DiskNotFoundError, InvalidWriteError } from '#core/errors/repository.ts'
import { pageCount } from '../format/map-page.ts'
import { isChunkSize, MAX_PAGES } from '../format/map-root.ts'
import type { Point, PointDisk } from '../point.ts'
import type { DiskRequest } from './api.ts'

const DEFAULT_CHUNK_SIZE = 1024 * 1024

export interface DiskLayout {
  diskId: string
  /** bytes */
  size: number
  /** bytes */
  chunkSize: number
  /** the disk whose chunks are kept */
  base?: PointDisk
}

/**
 * Checks a request for a disk against its base.
 * @throws `INVALID_WRITE`, `DISK_NOT_FOUND`, `BASE_MISMATCH`
 */
export const layoutOf = (request: DiskRequest, basePoint: Point | undefined): DiskLayout => {
  const { diskId, size, keep } = request
  if (diskId.length < 1 || diskId.length > 128)
    throw new InvalidWriteError('a disk id has 1 to 128 characters')
  if (!Number.isSafeInteger(size) || size <= 0)
    throw new InvalidWriteError(`a disk of ${size} bytes`)
  const base = keep ? baseDisk(request, basePoint) : undefined
  const chunkSize = request.chunkSize ?? base?.chunkSize ?? DEFAULT_CHUNK_SIZE
  if (!isChunkSize(chunkSize)) throw new InvalidWriteError(`chunks of ${chunkSize} bytes`)
  if (pageCount(size, chunkSize) > MAX_PAGES)
    throw new InvalidWriteError(`a disk of ${size} bytes in chunks of ${chunkSize}`)
  if (!base) return { diskId, size, chunkSize }
  if (base.chunkSize !== chunkSize)
    throw new BaseMismatchError(diskId, `it has chunks of ${base.chunkSize} bytes`)
  if (base.size > size)
    throw new BaseMismatchError(diskId, `the disk shrank from ${base.size} to ${size} bytes`)
  return { diskId, size, chunkSize, base }
}

const baseDisk = ({ diskId, baseDiskId = diskId }: DiskRequest, base: Point | undefined) => {
  if (!base) throw new InvalidWriteError(`keeping chunks of disk ${diskId} without a base`)
  const found = base.disks.find(({ id }) => id === baseDiskId)
  if (!found) throw new DiskNotFoundError(base.id, baseDiskId)
  return found
}
