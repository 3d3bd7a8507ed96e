import { open } from 'node:fs/promises'
import type { BootArea } from '#core/recovery/machine.ts'

/** In the first sector: the program, then (to its end) the identity of the disk and its partitions, which sfdisk made. */
const CODE = 440
const SECTOR = 512

/** Writes what a BIOS starts from, and leaves the partition table alone. */
export const writeBootArea = async (
  disk: string,
  { offset }: BootArea,
  content: AsyncIterable<Uint8Array>,
): Promise<void> => {
  const file = await open(disk, 'r+')
  try {
    let at = offset
    for await (const part of content) {
      for (const [from, to] of [
        [0, CODE],
        [SECTOR, Number.POSITIVE_INFINITY],
      ] as const) {
        const begin = Math.max(from, at)
        const end = Math.min(to, at + part.length)
        if (begin < end) await file.write(part, begin - at, end - begin, begin)
      }
      at += part.length
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
