import type { JobProgress } from '#core/contracts/jobs.ts'

/** Told at once: the schema's own bound (core/contracts/jobs.ts). */
const MOST = 8

/**
 * How far the disks of a job are, in little.
 * @param disks with what has to be looked at of each, in bytes
 */
export const diskProgress = (disks: readonly { userdevice: string; bytesTotal: number }[]) => {
  const all = disks.map(disk => ({ ...disk, bytesDone: 0 }))
  return {
    add(userdevice: string, bytes: number) {
      const disk = all.find(one => one.userdevice === userdevice)
      if (disk) disk.bytesDone += bytes
    },
    told: (): Pick<JobProgress, 'disks' | 'underWay'> => ({
      disks: {
        total: all.length,
        done: all.filter(({ bytesDone, bytesTotal }) => bytesDone >= bytesTotal).length,
      },
      underWay: all
        .filter(({ bytesDone, bytesTotal }) => bytesDone > 0 && bytesDone < bytesTotal)
        .slice(0, MOST)
        .map(disk => ({ ...disk })),
    }),
  }
}
