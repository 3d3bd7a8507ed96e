import { z } from 'zod'
import { type Asking, MachineUnclearError } from './ask.ts'

const Mounts = z.object({
  filesystems: z.array(
    z.object({
      target: z.string(),
      source: z.string(),
      fstype: z.string(),
      options: z.string(),
      fsroot: z.string(),
      size: z.number().nullish(),
      used: z.number().nullish(),
    }),
  ),
})

/** A file system of the machine that is mounted. */
export interface Mount {
  /** Within the machine. */
  mountPoint: string
  /** Here. */
  folder: string
  device: string
  type: string
  options: string
  /** Of btrfs: the subvolume, where it is not the whole. */
  subvolume?: string
  bytes?: number
  usedBytes?: number
}

/**
 * Local file systems at and below a root: with a device of their own, each once. Pseudo file systems, network, binds and images that are mounted for a while (snaps)
 * are none.
 * @throws MachineUnclearError where the root is no mount point
 */
export const mountsBelow = async ({ ask }: Asking, root: string): Promise<Mount[]> => {
  const columns = 'TARGET,SOURCE,FSTYPE,OPTIONS,FSROOT,SIZE,USED'
  const argv = ['findmnt', '--json', '--list', '--bytes', '--real', '--output', columns]
  const { filesystems } = Mounts.parse(JSON.parse(await ask(argv)))
  const within = (target: string): string | undefined => {
    if (target === root) return '/'
    const before = root === '/' ? '/' : `${root}/`
    return target.startsWith(before) ? `/${target.slice(before.length)}` : undefined
  }
  const seen = new Set<string>()
  const mounts: Mount[] = []
  for (const { target, source, fstype, options, fsroot, size, used } of filesystems) {
    const mountPoint = within(target)
    // findmnt writes the subvolume behind the device: /dev/sda2[/@].
    const [, node = '', bracket] = /^(\/dev\/[^[]+)(\[.*\])?$/.exec(source) ?? []
    // ZFS names its data set.
    const device = fstype === 'zfs' ? source : node
    if (mountPoint === undefined || device === '' || IMAGES.includes(fstype)) continue
    const isSubvolume = fstype === 'btrfs' && fsroot !== '/'
    // A folder that is mounted elsewhere once more.
    if (bracket !== undefined && !isSubvolume) continue
    if (seen.has(`${device}${fsroot}`)) continue
    seen.add(`${device}${fsroot}`)
    mounts.push({
      ...{ mountPoint, folder: target, device, type: fstype, options },
      ...(isSubvolume && { subvolume: fsroot }),
      ...(typeof size === 'number' && { bytes: size }),
      ...(typeof used === 'number' && { usedBytes: used }),
    })
  }
  if (!mounts.some(({ mountPoint }) => mountPoint === '/'))
    throw new MachineUnclearError(
      `no disk of its own is mounted at ${root}: name the folder where the root file system of the machine is mounted`,
    )
  return mounts
}

const IMAGES = ['squashfs', 'iso9660', 'erofs']
