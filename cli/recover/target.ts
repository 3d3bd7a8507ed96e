import { constants } from 'node:fs'
import { access, type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  RecoveryDiskInUseError,
  RecoveryDiskTakenError,
  RecoveryDiskUnusableError,
} from '#core/errors/recovery.ts'
import type { Target } from '#core/recovery/plan.ts'
import type { Programs } from './programs.ts'

const MIB = 1024 * 1024

/** A disk has several names (/dev/disk/by-id/…): all of them are one. @returns the path behind all links */
export const realPathOf = (path: string): Promise<string> =>
  realpath(path).catch(() => resolve(path))

/** Looks at a disk or an image file. @throws `RECOVERY_DISK_UNUSABLE` */
export const targetOf = async (path: string, { run }: Programs): Promise<Target> => {
  const absolute = await realPathOf(path)
  const about = await stat(absolute).catch(error => {
    throw new RecoveryDiskUnusableError(path, 'there is nothing of that name', error)
  })
  if (about.isFile()) return { path: absolute, bytes: about.size, sectorBytes: 512 }
  if (!about.isBlockDevice())
    throw new RecoveryDiskUnusableError(path, 'it is neither a block device nor a file')
  const argv = ['blockdev', '--getsize64', '--getss', absolute]
  const [bytes = 0, sectorBytes = 512] = (await run('looked at the disk', argv))
    .split('\n')
    .map(Number)
  return { path: absolute, bytes, sectorBytes, ...((await isPartition(absolute)) && PARTITION) }
}

const PARTITION = { isPartition: true } as const

/** As the kernel names it in /sys, where "/" of a name is "!" (sysfs-class-block). */
const isPartition = (device: string): Promise<boolean> =>
  access(`/sys/class/block/${device.replace(/^\/dev\//, '').replaceAll('/', '!')}/partition`).then(
    () => true,
    () => false,
  )

/**
 * Makes sure that nothing works with a disk. Loop devices that an earlier recovery left behind, because it was killed, are taken away.
 * @param options `dryRun`: they stay
 * @throws `RECOVERY_DISK_IN_USE`
 */
export const assertUnused = async (
  { path }: Target,
  { run }: Programs,
  { dryRun }: { dryRun?: boolean | undefined } = {},
): Promise<void> => {
  const told = await run('looked for loop devices', [
    ...['losetup', '--json', '--output', 'NAME', '--associated', path],
  ])
  const loops: { name: string }[] = told.trim() === '' ? [] : JSON.parse(told).loopdevices
  for (const { name } of loops) {
    await assertFree(name, path)
    if (!dryRun) await run('took a loop device away', ['losetup', '--detach', name])
  }
  if ((await stat(path)).isBlockDevice()) await assertFree(path, path)
}

/** The kernel opens a device for one alone (O_EXCL) only where nothing is mounted from it or built on it, its partitions included (open(2)). */
const assertFree = async (device: string, disk: string): Promise<void> => {
  const file = await open(device, constants.O_RDONLY | constants.O_EXCL).catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY')
      throw new RecoveryDiskInUseError(
        disk,
        `something on ${device} is mounted, or is part of something else`,
      )
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return undefined
    throw new RecoveryDiskUnusableError(disk, (error as Error).message, error)
  })
  await file?.close()
}

/** Bytes at the beginning and at the end that have to be zero: what is no known signature shows itself there. */
const LOOKED_AT = { first: 4 * MIB, last: MIB }

/** @throws `RECOVERY_DISK_TAKEN` */
export const assertEmpty = async ({ path, bytes }: Target, { run }: Programs): Promise<void> => {
  const told = await run('looked what is on the disk', ['wipefs', '--json', '--no-act', path])
  const signatures: { type: string }[] = told.trim() === '' ? [] : JSON.parse(told).signatures
  if (signatures.length > 0) {
    const types = [...new Set(signatures.map(({ type }) => type))]
    throw new RecoveryDiskTakenError(path, types.join(', '))
  }
  const file = await open(path)
  try {
    const first = Math.min(LOOKED_AT.first, bytes)
    const last = Math.min(LOOKED_AT.last, bytes - first)
    if (!(await isZero(file, 0, first)) || !(await isZero(file, bytes - last, last)))
      throw new RecoveryDiskTakenError(path, 'data of a kind that is not known')
  } finally {
    await file.close()
  }
}

const isZero = async (file: FileHandle, offset: number, length: number): Promise<boolean> => {
  const zeros = Buffer.alloc(MIB)
  const part = Buffer.alloc(MIB)
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(part, 0, Math.min(MIB, length - at), offset + at)
    if (bytesRead === 0) return true
    if (part.compare(zeros, 0, bytesRead, 0, bytesRead) !== 0) return false
    at += bytesRead
  }
  return true
}
