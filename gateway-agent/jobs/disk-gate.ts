import type { DiskGate } from './copy-disks.ts'

/** @param places how many may be inside at once; the others wait in the order they came */
export const createDiskGate = (places: number): DiskGate => {
  let free = places
  const waiting: (() => void)[] = []
  return async work => {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
