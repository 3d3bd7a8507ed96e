import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Kind = 'ext4' | 'xfs' | 'btrfs' | 'ntfs'

const MiB = 1024 * 1024
/** The smallest that their makers take; the images are holes for the most part. */
const SIZES: Readonly<Record<Kind, number>> = {
  ext4: 32 * MiB,
  xfs: 304 * MiB,
  btrfs: 114 * MiB,
  ntfs: 32 * MiB,
}
const MAKE: Readonly<Record<Kind, readonly string[]>> = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q'],
  btrfs: ['mkfs.btrfs', '-q'],
  ntfs: ['mkntfs', '-F', '-Q', '-q'],
}

/** A new file system of its kind, mounted from a file; `unmount` leaves nothing. @param options of ntfs-3g */
export const mounted = (kind: Kind, options = 'permissions') => {
  const folder = mkdtempSync(join(tmpdir(), `xenkeep-${kind}-`))
  const image = join(folder, 'image')
  const root = join(folder, 'root')
  mkdirSync(root)
  const fd = openSync(image, 'w')
  ftruncateSync(fd, SIZES[kind])
  closeSync(fd)
  const [maker = '', ...flags] = MAKE[kind]
  execFileSync(maker, [...flags, image], { stdio: 'ignore' })
  const ntfs = (said: string) =>
    execFileSync('ntfs-3g', ['-o', said, image, root], { stdio: 'ignore' })
  if (kind === 'ntfs') ntfs(options)
  else execFileSync('mount', ['-o', 'loop', image, root])
  return {
    root,
    /** Of ntfs-3g. It writes for a moment after it was unmounted, and has a lock on the image until then. */
    remount: (said: string) => {
      execFileSync('umount', [root])
      execFileSync('flock', [image, 'true'])
      ntfs(said)
    },
    unmount: () => {
      execFileSync('umount', [root])
      rmSync(folder, { recursive: true })
    },
  }
}
