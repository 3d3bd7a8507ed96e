import { asXenkeepError } from '#core/errors/base.ts'
import { isDamage } from '#core/errors/repository.ts'
import type { DescribedDisk, DescribedPoint } from '#core/points/described-point.ts'
import { safeText } from '#core/safe-text.ts'
import type { NbdExport } from '#nbd-server/exports.ts'
import type { OpenDisk, Point, Repository } from '#repository/index.ts'

export interface OfferedDisk {
  disk: DescribedDisk
  opened: OpenDisk
  /** as clients see it */
  offered: NbdExport
}

/**
 * Opens disks of a point for reads at any place.
 * @param disks which
 * @param onTrouble gets a sentence for each read that failed, the same one once
 */
export const offerDisks = async (
  repository: Repository,
  described: DescribedPoint<Point>,
  disks: readonly DescribedDisk[],
  onTrouble: (sentence: string) => void,
): Promise<OfferedDisk[]> => {
  const told = new Set<string>()
  const offers: OfferedDisk[] = []
  for (const disk of disks) {
    const opened = await repository.openDisk(described.point, disk.id)
    const watched = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work
      } catch (error) {
        const sentence = sentenceOf(error, disk)
        if (sentence && !told.has(sentence)) onTrouble(sentence)
        if (sentence && told.size < MOST_TOLD) told.add(sentence)
        throw error
      }
    }
    const offered: NbdExport = {
      names: disk.device === '' ? [disk.id] : [disk.device, disk.id],
      description: `${described.name}, disk ${disk.device} "${disk.name}", point ${described.point.id}`,
      size: disk.size,
      preferredBlock: opened.chunkSize,
      read: (offset, length) => watched(opened.read(offset, length)),
      extents: (offset, length) => watched(opened.extents(offset, length)),
    }
    offers.push({ disk, opened, offered })
  }
  return offers
}

const MOST_TOLD = 10_000 // sentences remembered, so that a broken disk does not fill the memory

const sentenceOf = (error: unknown, disk: DescribedDisk): string | undefined => {
  if (error instanceof Error && !('code' in error)) return undefined // closed meanwhile
  const { code, message, advice } = asXenkeepError(error)
  const offset = isDamage(error) ? error.place.offset : undefined
  const where = offset === undefined ? '' : ` at byte ${offset}`
  return `Disk ${disk.device} "${safeText(disk.name)}"${where} cannot be read: ${safeText(message)} ${advice} (${code})`
}

/** What all of them took from the store. */
export const fetchedBy = (
  offers: readonly Pick<OfferedDisk, 'opened'>[],
): { requests: number; bytes: number } => ({
  requests: offers.reduce((sum, { opened }) => sum + opened.fetched.requests, 0),
  bytes: offers.reduce((sum, { opened }) => sum + opened.fetched.bytes, 0),
})

export const closeAll = async (offers: readonly Pick<OfferedDisk, 'opened'>[]): Promise<void> => {
  await Promise.all(offers.map(({ opened }) => opened.close()))
}
