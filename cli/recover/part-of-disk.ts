import { open } from 'node:fs/promises'
import type { Programs } from './programs.ts'

/**
 * Works with a part of a disk as with a device of its own: a loop device, so that it takes neither nodes of partitions nor udev. The kernel takes it away with
 * the last one that has it open, and so also when this process is killed (LO_FLAGS_AUTOCLEAR; loop(4)).
 */
export const withPart = async <T>(
  { target, offset, bytes }: { target: string; offset: number; bytes: number },
  { run, undo }: Programs,
  work: (device: string) => Promise<T>,
): Promise<T> => {
  const argv = ['losetup', '--find', '--show', '--offset', `${offset}`, '--sizelimit', `${bytes}`]
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
