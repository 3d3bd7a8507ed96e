import { ChunkMissingError, type DamageError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { isZero } from '../format/bytes.ts'
import { IDS_PER_PAGE, idAt } from '../format/map-page.ts'
import type { Point, PointDisk } from '../point.ts'
import { DiskMapReader } from '../read/disk-map.ts'
import type { Stretch } from '../write/stretch.ts'
import { soundPacksOf } from './sound-packs.ts'

/** What a disk of a base cannot give to a new point any more. */
export interface Lost {
  /** numbers of chunks that no pack of the disk holds whole, ascending */
  chunks: number[]
  /** numbers of pages that can be read, but from no pack of the disk */
  pages: number[]
  /** ulids of packs of the disk that are missing, or whose contents nobody can tell */
  unknown: ReadonlySet<string>
  /** the map itself cannot be read: nothing can be kept */
  damage?: DamageError
}

export const NOTHING_LOST: Lost = { chunks: [], pages: [], unknown: new Set() }

/**
 * Walks the map of a disk, but only where one of its packs is known to be damaged: `readKnownDamage` comes first. A chunk that another
 * pack of the repository holds counts as lost too: whoever reads it again finds it there, and names that pack.
 */
export const lostOf = async (engine: Engine, point: Point, disk: PointDisk): Promise<Lost> => {
  const sound = await soundPacksOf(engine, point, disk)
  if (!sound) return NOTHING_LOST
  const { suspects, unknown } = sound
  const isHeld = (id: Uint8Array) => sound.holderOf(id) !== undefined
  const chunks: number[] = []
  const pages: number[] = []
  const end = Math.ceil(disk.size / disk.chunkSize)
  const map = new DiskMapReader(engine, point, disk, suspects)
  try {
    const { pageIds } = await map.root()
    for (const [number, pageId] of pageIds.entries()) {
      if (isZero(pageId)) continue
      const page = await map.page(pageId)
      if (!isHeld(pageId)) pages.push(number)
      const first = number * IDS_PER_PAGE
      for (let chunk = first; chunk < Math.min(first + IDS_PER_PAGE, end); chunk++) {
        const id = idAt(page, chunk - first)
        if (!isZero(id) && !isHeld(id)) chunks.push(chunk)
      }
    }
    return { chunks, pages, unknown }
  } catch (error) {
    if (!isDamage(error)) throw error
    return { ...NOTHING_LOST, damage: error }
  }
}

/** @returns ascending, neighbours joined, clipped at the end of the disk */
export const stretchesOf = (
  chunks: Iterable<number>,
  { size, chunkSize }: Pick<PointDisk, 'size' | 'chunkSize'>,
): Stretch[] => {
  const stretches: Stretch[] = []
  for (const chunk of chunks) {
    const offset = chunk * chunkSize
    const last = stretches.at(-1)
    const length = Math.min(chunkSize, size - offset)
    if (last && last.offset + last.length === offset) last.length += length
    else stretches.push({ offset, length })
  }
  return stretches
}

/** A disk that keeps chunks was ended, and some of those that are lost were not given again. */
export const notGivenAgain = (
  point: Point,
  { diskId, chunkSize }: { diskId: string; chunkSize: number },
  chunk: number,
): DamageError =>
  new ChunkMissingError(
    point.key,
    'a chunk that was found damaged was neither changed nor read again',
    { vmUuid: point.vmUuid, pointId: point.id, diskId, offset: chunk * chunkSize },
  )
