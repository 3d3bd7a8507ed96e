import { open } from 'node:fs/promises'
import type { Disk, PartitionTable } from '#core/recovery/machine.ts'
import { BIOS_BOOT } from '#core/recovery/unsupported.ts'
import type { Asking } from './ask.ts'

const MIB = 1024 * 1024
/** Boot loaders keep themselves before the first partition, which begins at 1 MiB as a rule; some at 63 sectors. */
const MOST_BEFORE = MIB
/** GRUB needs less than 1 MiB; a partition as large as this is for something else. */
const MOST_PARTITION = 32 * MIB
/** Bytes of a first sector that are program: then the identity of the disk and the partitions follow. */
const CODE = 440

/** What a BIOS starts from a disk: whether it is GRUB, and where it lies. */
export const bootAreasOf = async (
  { head }: Asking,
  path: string,
  {
    name,
    sectorBytes,
    table,
  }: { name: string; sectorBytes: number; table?: PartitionTable | undefined },
): Promise<Pick<Disk, 'bootLoader' | 'bootAreas'>> => {
  const code = await head(path, CODE)
  if (!table || code.every(byte => byte === 0)) return { bootLoader: 'none', bootAreas: [] }
  const bootLoader = code.includes('GRUB') ? 'grub' : 'other'
  const area = (offset: number, bytes: number) => ({
    ...{ stream: `boot/${name}/${offset}`, offset, bytes },
  })
  if (table.label === 'dos') {
    const first = Math.min(...table.partitions.map(({ start }) => start * sectorBytes))
    return { bootLoader, bootAreas: [area(0, Math.min(first, MOST_BEFORE))] }
  }
  const own = table.partitions.filter(
    ({ type, sectors }) =>
      type.toUpperCase() === BIOS_BOOT && sectors * sectorBytes <= MOST_PARTITION,
  )
  const areas = own.map(({ start, sectors }) => area(start * sectorBytes, sectors * sectorBytes))
  return { bootLoader, bootAreas: [area(0, 512), ...areas] }
}

/** The bytes of an area. @param path of the disk */
export async function* readArea(
  path: string,
  { offset, bytes }: { offset: number; bytes: number },
): AsyncGenerator<Uint8Array> {
  const file = await open(path)
  try {
    for (let at = 0; at < bytes; ) {
      const part = Buffer.alloc(Math.min(MIB, bytes - at))
      const { bytesRead } = await file.read(part, 0, part.length, offset + at)
      if (bytesRead === 0) throw new Error(`${path} ends before ${offset + bytes}`)
      yield part.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}
