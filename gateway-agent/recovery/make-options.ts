import type { Asking } from './ask.ts'
import type { Mount } from './mounts.ts'

/** Features of ext4 that tell of its state, and not of how it was made. */
const STATES = new Set(['needs_recovery', 'orphan_present', 'has_snapshot', 'shared_blocks'])

/**
 * What a file system was made with. The one to come gets the same: a rescue system may be newer, and make what the machine's boot loader or kernel cannot read.
 * @returns arguments for the program that makes it
 */
export const makeOptionsOf = async (asking: Asking, mount: Mount): Promise<string[]> => {
  if (/^ext[234]$/.test(mount.type))
    return ofExt(await asking.ask(['dumpe2fs', '-h', mount.device]))
  if (mount.type === 'xfs') return ofXfs(await asking.ask(['xfs_info', mount.folder]))
  return []
}

const ofExt = (text: string): string[] => {
  const value = (name: string): string =>
    new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? ''
  const features = value('Filesystem features').split(/\s+/).filter(Boolean)
  const block = Number(value('Block size'))
  const inodes = Number(value('Inode count'))
  const perInode = Math.round((Number(value('Block count')) * block) / inodes)
  return [
    ...['-O', ['none', ...features.filter(feature => !STATES.has(feature))].join(',')],
    ...(block > 0 ? ['-b', String(block)] : []),
    ...(Number(value('Inode size')) > 0 ? ['-I', value('Inode size')] : []),
    // mke2fs(8): never less than a block.
    ...(perInode >= block && block > 0 ? ['-i', String(perInode)] : []),
  ]
}

/** Which option of mkfs.xfs each feature belongs to (mkfs.xfs(8)). */
const XFS: readonly (readonly [option: string, features: readonly string[]])[] = [
  ['-m', ['crc', 'finobt', 'rmapbt', 'reflink', 'bigtime', 'inobtcount']],
  ['-i', ['sparse', 'nrext64']],
]

const ofXfs = (text: string): string[] =>
  XFS.flatMap(([option, features]) => {
    const told = features.flatMap(feature => {
      const value = new RegExp(`\\b${feature}=([01])\\b`).exec(text)?.[1]
      return value === undefined ? [] : [`${feature}=${value}`]
    })
    return told.length > 0 ? [option, told.join(',')] : []
  })
