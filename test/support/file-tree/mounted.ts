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

/** A new file system of its kind, mounted from a file; `unmount` leaves nothing. */
export const mounted = (kind: Kind) => {
  const folder = mkdtempSync(join(tmpdir(), `xenkeep-${kind}-`))
  const image = join(folder, 'image')
  const root = join(folder, 'root')
  mkdirSync(root)
  const fd = openSync(image, 'w')
  ftruncateSync(fd, SIZES[kind])
  closeSync(fd)
  const [maker = '', ...options] = MAKE[kind]
  execFileSync(maker, [...options, image], { stdio: 'ignore' })
  if (kind === 'ntfs') execFileSync('ntfs-3g', ['-o', 'permissions', image, root])
  else execFileSync('mount', ['-o', 'loop', image, root])
  return {
    root,
    unmount: () => {
      execFileSync('umount', [root])
      rmSync(folder, { recursive: true })
    },
  }
}
