import type { Disk, FileSystem, Machine } from './machine.ts'
import { KEPT_TYPES, makerOf } from './make-file-system.ts'

const placeText = ({ disk, partition }: FileSystem): string =>
  partition === undefined ? `the disk ${disk}` : `partition ${partition} of ${disk}`

/** File systems that have to come back: with files, or as swap. */
export const isOfSystem = ({ mountPoint, type }: FileSystem): boolean =>
  mountPoint !== undefined || type === 'swap'

/** Disks that the system lies on, in their order. */
export const systemDisks = ({ disks, fileSystems }: Machine): Disk[] =>
  disks.filter(({ name }) =>
    fileSystems.some(each => each.disk === name && each.mountPoint !== undefined),
  )

/**
 * What of a machine cannot be made anew here.
 * @param machine as it was described
 * @param bootLoader whether it has to start by itself
 * @returns sentences; none: it can be recovered
 */
export const unsupportedIn = (machine: Machine, bootLoader: boolean): string[] => {
  const systems = machine.fileSystems.filter(({ mountPoint }) => mountPoint !== undefined)
  const btrfs = new Set<string>()
  const reasons = systems.flatMap(system => {
    const { type, mountPoint, above, subvolume, tree, uuid } = system
    if (above !== undefined) return [`"${mountPoint}" lies on ${layerText(above)}.`]
    if (system.disk === undefined) return [`It is not known on which disk "${mountPoint}" lies.`]
    if (!KEPT_TYPES.includes(type)) return [`"${mountPoint}" is a file system of type ${type}.`]
    if (subvolume !== undefined)
      return [`"${mountPoint}" is the subvolume "${subvolume}" of a btrfs file system.`]
    if (tree === undefined) return [`The files of "${mountPoint}" are not in the point.`]
    if (type === 'btrfs' && uuid !== undefined) {
      if (btrfs.has(uuid)) return [`"${mountPoint}" is a btrfs file system on several disks.`]
      btrfs.add(uuid)
    }
    return []
  })
  const tables = systemDisks(machine).flatMap(({ name, table }) =>
    table && !['gpt', 'dos'].includes(table.label)
      ? [`The disk ${name} has a partition table of type ${table.label}.`]
      : [],
  )
  const root = systems.some(({ mountPoint }) => mountPoint === '/')
    ? []
    : ['Its root file system is not in the point.']
  return [...root, ...reasons, ...tables, ...(bootLoader ? notStarting(machine) : [])]
}

const layerText = (above: string): string => {
  if (above === 'lvm') return 'LVM'
  if (above === 'crypt') return 'an encrypted disk (LUKS)'
  if (above.startsWith('raid') || above === 'linear') return `software RAID (${above})`
  return `"${above}", which is no plain partition`
}

/** GUID of the partition in which GRUB keeps itself on a BIOS machine with a GUID table. */
export const BIOS_BOOT = '21686148-6449-6E6F-744E-656564454649'
const WITHOUT = 'Say --no-boot-loader to get everything else, and install one yourself.'

const notStarting = (machine: Machine): string[] => {
  const { firmware, fileSystems } = machine
  if (firmware === 'uefi')
    return fileSystems.some(({ type, mountPoint }) => type === 'vfat' && mountPoint !== undefined)
      ? []
      : [`Its EFI system partition was not mounted when it was saved. ${WITHOUT}`]
  const disks = systemDisks(machine)
  const grub = disks.filter(({ bootLoader }) => bootLoader === 'grub')
  if (grub.length === 0)
    return disks.some(({ bootLoader }) => bootLoader === 'other')
      ? [`Its boot loader is not GRUB. ${WITHOUT}`]
      : [`No disk of its system has a boot loader. ${WITHOUT}`]
  return grub.flatMap(({ name, table, bootAreas }) => {
    const hasRoom =
      table?.label === 'dos'
        ? bootAreas.length > 0
        : table?.partitions.some(({ type }) => type.toUpperCase() === BIOS_BOOT)
    return hasRoom
      ? []
      : [`GRUB on the disk ${name} does not lie where it can be brought back. ${WITHOUT}`]
  })
}

/** Partitions that come back without what was in them: sentences. */
export const emptyOnes = (machine: Machine, disks: readonly Disk[]): string[] =>
  machine.fileSystems
    .filter(system => !isOfSystem(system) && disks.some(({ name }) => name === system.disk))
    .map(system =>
      makerOf(system)
        ? `${placeText(system)} (${system.type}) was not mounted when the machine was saved: it comes back as an empty file system.`
        : `${placeText(system)} (${system.type}) comes back empty: XenKeep does not save what it holds.`,
    )
