import { stat } from 'node:fs/promises'
import type { Disk, FileSystem, Machine, PartitionTable } from '#core/recovery/machine.ts'
import type { Asking } from './ask.ts'
import { bootAreasOf } from './boot-areas.ts'
import { blockDevices, type Medium, type Place } from './devices.ts'
import { makeOptionsOf } from './make-options.ts'
import { type Mount, mountsBelow } from './mounts.ts'
import { type Signature, signatureOf } from './signature.ts'
import { systemFacts } from './system-facts.ts'
import { tableOf } from './tables.ts'

export interface DescribedMachine {
  machine: Machine
  /** Where its file systems are mounted here, each to be kept as a tree of this name. */
  folders: string[]
  /** Paths of its disks here, by their names. */
  paths: ReadonlyMap<string, string>
}

/**
 * Describes a Linux machine, so that it can be made anew: the running one, or one whose disks are mounted.
 * @param root where its root file system is mounted: `/`, or a folder
 * @throws MachineUnclearError
 */
export const describeMachine = async (asking: Asking, root: string): Promise<DescribedMachine> => {
  const mounts = await mountsBelow(asking, root)
  const { disks: all, placeOf } = await blockDevices(asking, async file => (await stat(file)).size)
  const placed = await Promise.all(
    mounts.map(async mount => ({ mount, place: await placeOf(mount.device) })),
  )
  const own = placed.flatMap(({ place }) => (place?.disk ? [place.disk] : []))
  const media = new Map([...own, ...(root === '/' ? all : [])].map(each => [each.path, each]))
  const disks: Disk[] = []
  const fileSystems: FileSystem[] = []
  for (const medium of media.values()) {
    const found = await describeDisk(asking, medium, placed)
    disks.push(found.disk)
    fileSystems.push(...found.fileSystems)
  }
  // What lies on something between; and what no partition of its disk could be found for, so that nobody takes the machine for whole without it.
  for (const { mount, place } of placed)
    if (!place || 'above' in place || !fileSystems.some(isOf(mount)))
      fileSystems.push({
        ...mounted(mount),
        type: mount.type,
        ...(place && !('above' in place) && mount.subvolume !== undefined
          ? { disk: nameOf(place.disk) }
          : { above: place && 'above' in place ? place.above : 'unknown' }),
        makeOptions: [],
      })
  for (const system of fileSystems) {
    const mount = mounts.find(({ mountPoint }) => mountPoint === system.mountPoint)
    if (mount && system.above === undefined) system.makeOptions = await makeOptionsOf(asking, mount)
  }
  const facts = await systemFacts(asking, root)
  const layers = fileSystems.some(({ above, type }) => above === 'lvm' || type === 'LVM2_member')
  const machine: Machine = {
    ...{ format: 'linux-machine', version: 1, root, ...facts },
    firmware: await firmwareOf(asking, root, { disks, fileSystems }),
    ...{ disks, fileSystems },
    ...(layers && { lvm: await lvmReports(asking) }),
  }
  return {
    machine,
    folders: mounts.map(({ folder }) => folder),
    paths: new Map([...media.values()].map(medium => [nameOf(medium), medium.path])),
  }
}

const isOf =
  (mount: Mount) =>
  ({ mountPoint }: FileSystem): boolean =>
    mountPoint === mount.mountPoint

const nameOf = ({ path }: Medium): string => path.replace(/^\/dev\//, '')

type Placed = readonly { mount: Mount; place: Place | undefined }[]

const describeDisk = async (
  asking: Asking,
  medium: Medium,
  placed: Placed,
): Promise<{ disk: Disk; fileSystems: FileSystem[] }> => {
  const { path, ...about } = medium
  const name = nameOf(medium)
  const found = await tableOf(asking, path)
  const { table, numbers = new Map<string, number>() } = found ?? {}
  const { sectorBytes } = medium
  const mountOf = (partition: PartitionTable['partitions'][number] | undefined) =>
    placed.find(
      ({ place }) =>
        place &&
        !('above' in place) &&
        place.disk.path === path &&
        (partition === undefined
          ? place.node === undefined && place.offset === undefined
          : numbers.get(place.node ?? '') === partition.number ||
            place.offset === partition.start * sectorBytes),
    )?.mount
  const parts = table ? table.partitions : [undefined]
  const fileSystems: FileSystem[] = []
  for (const partition of parts) {
    const where = partition && {
      offset: partition.start * sectorBytes,
      bytes: partition.sectors * sectorBytes,
    }
    const mount = mountOf(partition)
    const signature = await signatureOf(asking, path, where)
    if (!signature && !mount) continue
    fileSystems.push({
      ...(mount && mounted(mount)),
      ...(signature ?? ({ type: mount?.type ?? 'unknown' } satisfies Signature)),
      disk: name,
      ...(partition && { partition: partition.number }),
      makeOptions: [],
    })
  }
  const boot = await bootAreasOf(asking, path, { name, sectorBytes, table })
  return { disk: { name, ...about, ...(table && { table }), ...boot }, fileSystems }
}

const mounted = ({ mountPoint, folder, options, subvolume, bytes, usedBytes }: Mount) => ({
  ...{ mountPoint, options, tree: folder },
  ...(subvolume !== undefined && { subvolume }),
  ...(bytes !== undefined && { bytes }),
  ...(usedBytes !== undefined && { usedBytes }),
})

/** Type of an EFI system partition: of a GUID table, and of a dos one. */
const ESP = new Set(['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', 'EF'])

/** The running system knows; of another one the disks tell. */
const firmwareOf = async (
  { read }: Asking,
  root: string,
  { disks, fileSystems }: Pick<Machine, 'disks' | 'fileSystems'>,
): Promise<Machine['firmware']> => {
  if (root === '/')
    return (await read('/sys/firmware/efi/fw_platform_size')) === undefined ? 'bios' : 'uefi'
  const hasEsp = disks.some(({ name, table }) =>
    table?.partitions.some(
      ({ type, number }) =>
        ESP.has(type.toUpperCase()) &&
        fileSystems.some(
          each => each.disk === name && each.partition === number && each.mountPoint !== undefined,
        ),
    ),
  )
  return hasEsp && disks.every(({ bootLoader }) => bootLoader !== 'grub') ? 'uefi' : 'bios'
}

/** For people: LVM is not made anew. */
const lvmReports = async ({ ask }: Asking): Promise<unknown> => {
  const reports: unknown[] = []
  for (const program of ['pvs', 'vgs', 'lvs'])
    try {
      reports.push(JSON.parse(await ask([program, '--reportformat', 'json', '--units', 'b'])))
    } catch {
      // Not installed, or it has nothing to tell.
    }
  return reports
}
