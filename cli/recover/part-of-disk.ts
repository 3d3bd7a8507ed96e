import { open } from 'node:fs/promises'
import type { Programs } from './programs.ts'

/**
 * Works with a part of a disk as with a device of its own: a loop device, so that it takes neither nodes of partitions nor udev. The kernel takes it away with
 * the last one that has it open, and so also when this process is killed (LO_FLAGS_AUTOCLEAR; loop(4)).
 */
export const withPart = async <T>(
  part: { target: string; offset: number; bytes: number; sectorBytes: number },
  { run, undo }: Programs,
  work: (device: string) => Promise<T>,
): Promise<T> => {
  const { target, offset, bytes, sectorBytes } = part
  const argv = ['losetup', '--find', '--show', '--offset', `${offset}`, '--sizelimit', `${bytes}`]
  // Else it has sectors of 512 bytes, and XFS or FAT made for these are not mounted from a disk of larger ones.
  if (sectorBytes !== 512) argv.push('--sector-size', `${sectorBytes}`)
  const device = (await run('made a device for a part of the disk', [...argv, target])).trim()
  const held = await open(device).catch(async error => {
    await undo('took a loop device away', ['losetup', '--detach', device])
    throw error
  })
  try {
    // While it is open this only says that it is to go afterwards.
    await undo('took a loop device away', ['losetup', '--detach', device])
    return await work(device)
  } finally {
    await held.close()
  }
}
