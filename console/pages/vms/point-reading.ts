import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { points as words } from '../../text/vm.ts'

/** Memory is another one each time, and tells nothing of how the disks were read. */
const disksOf = ({ disks }: ListedPoint) =>
  disks.filter(({ userdevice }) => userdevice !== 'memory')

export const kindOf = (point: ListedPoint): keyof typeof words.kinds => {
  const disks = disksOf(point)
  if (disks.length === 0) return 'none'
  const incremental = disks.filter(disk => disk.incremental).length
  if (incremental === 0) return 'full'
  return incremental === disks.length ? 'incremental' : 'mixed'
}

/** Why disks were read as they were, and which are missing: each sentence once, as the gateway gave it. */
export const reasonsOf = (point: ListedPoint): string[] => {
  const { disks, skipped } = point
  const reasons = [...new Set(disks.flatMap(disk => disk.reasons))].map(reason => {
    const where = disks.filter(disk => disk.reasons.includes(reason))
    return where.length === disks.length
      ? reason
      : words.disk(where.map(({ userdevice }) => userdevice).join(', '), reason)
  })
  return [...reasons, ...skipped.map(({ userdevice, reason }) => words.left(userdevice, reason))]
}

/** Bytes of the disks of a point. */
export const sizeOf = (point: ListedPoint): number =>
  disksOf(point).reduce((sum, { size }) => sum + size, 0)

/** Bytes read of its disks. */
export const readOf = (point: ListedPoint): number =>
  disksOf(point).reduce((sum, { bytesRead }) => sum + bytesRead, 0)
