import {
  MachineNotRecoverableError,
  RecoveryArchitectureError,
  RecoveryDisksMismatchError,
  RecoveryDiskUnfitError,
} from '../errors/recovery.ts'
import type { BootArea, Disk, FileSystem, Machine, Partition } from './machine.ts'
import { canGrow, makerOf } from './make-file-system.ts'
import { bytesNeeded, tableFor, tableScript } from './table-script.ts'
import { emptyOnes, systemDisks, unsupportedIn } from './unsupported.ts'

/** A disk or an image file that a machine is to be made on. */
export interface Target {
  path: string
  bytes: number
  sectorBytes: number
  /** Of a disk: nothing starts from a table within it. */
  isPartition?: true
}

/** A file system to be made. */
export interface FileSystemPlan {
  system: FileSystem
  /** Path of the disk, and where on it; bytes. */
  target: string
  offset: number
  bytes: number
  /** Of the disk. */
  sectorBytes: number
  program: string
  /** The Debian package that has the program. */
  debian: string
  /** Without the device, which comes last. */
  args: string[]
}

export interface DiskPlan {
  disk: Disk
  target: Target
  /** For sfdisk; left out where the disk has no table. */
  script?: string
  /** The last partition, where it became larger. */
  grown?: Partition
  bootAreas: BootArea[]
}

/** What makes a machine anew, with nothing left to decide. */
export interface RecoveryPlan {
  machine: Machine
  disks: DiskPlan[]
  /** In the order in which they are made: those that others are mounted in come first. */
  fileSystems: FileSystemPlan[]
  /** What somebody should know before. Sentences. */
  notes: string[]
}

export interface RecoveryRequest {
  /** In the order of the machine's disks. */
  targets: readonly Target[]
  /** As `uname -m`, of this machine. */
  architecture: string
  /** Whether the machine has to start by itself. */
  bootLoader: boolean
}

/**
 * Decides how a machine is made anew on empty disks. Pure: nothing is looked at but what is given.
 * @throws `RECOVERY_ARCHITECTURE`, `MACHINE_NOT_RECOVERABLE`, `RECOVERY_DISKS_MISMATCH`, `RECOVERY_DISK_UNFIT`
 */
export const recoveryPlan = (machine: Machine, request: RecoveryRequest): RecoveryPlan => {
  const { targets, architecture, bootLoader } = request
  if (machine.architecture !== architecture)
    throw new RecoveryArchitectureError(machine.architecture, architecture)
  const reasons = unsupportedIn(machine, bootLoader)
  if (reasons.length > 0) throw new MachineNotRecoverableError(machine.hostname, reasons)
  const wanted = systemDisks(machine)
  const isTwice = new Set(targets.map(({ path }) => path)).size < targets.length
  if (wanted.length !== targets.length || isTwice)
    throw new RecoveryDisksMismatchError(
      wanted.map(({ name, bytes }) => `${name} (${(bytes / 1024 ** 3).toFixed(1)} GiB)`),
      targets.length,
    )
  const plans = wanted.map((disk, index) =>
    diskPlan(machine, { disk, target: targets[index] as Target, bootLoader }),
  )
  return {
    machine,
    disks: plans.map(({ plan }) => plan),
    fileSystems: plans.flatMap(({ systems }) => systems).sort(byMountPoint),
    notes: notesOn(machine, wanted),
  }
}

const diskPlan = (
  machine: Machine,
  { disk, target, bootLoader }: { disk: Disk; target: Target; bootLoader: boolean },
): { plan: DiskPlan; systems: FileSystemPlan[] } => {
  if (disk.sectorBytes !== target.sectorBytes)
    throw new RecoveryDiskUnfitError(
      target.path,
      `its sectors are of ${target.sectorBytes} bytes, and those of ${disk.name} were of ${disk.sectorBytes}.`,
    )
  if (disk.table && target.isPartition)
    throw new RecoveryDiskUnfitError(target.path, 'it is a partition: name the whole disk.')
  const needed = bytesNeeded(disk)
  if (target.bytes < needed)
    throw new RecoveryDiskUnfitError(
      target.path,
      `it has ${target.bytes} bytes, and what was on ${disk.name} needs ${needed}.`,
    )
  const systems = machine.fileSystems.filter(
    each => each.disk === disk.name && makerOf(each) !== undefined,
  )
  const mayGrow = (number: number) =>
    systems.some(each => each.partition === number && each.tree !== undefined && canGrow(each))
  const made = tableFor(disk, target.bytes, mayGrow)
  const plan: DiskPlan = {
    ...{ disk, target, bootAreas: bootLoader ? disk.bootAreas : [] },
    ...(made && { script: tableScript(made.table) }),
    ...(made?.grown && { grown: made.grown }),
  }
  const partitions = made?.table.partitions ?? []
  return {
    plan,
    systems: systems.flatMap(system => {
      const maker = makerOf(system)
      const partition = partitions.find(({ number }) => number === system.partition)
      if (!maker || (system.partition !== undefined && !partition)) return []
      const { sectorBytes } = disk
      return {
        ...{ system, target: target.path, program: maker.program },
        ...{ args: maker.args(system), debian: maker.package },
        offset: (partition?.start ?? 0) * sectorBytes,
        bytes: partition ? partition.sectors * sectorBytes : target.bytes,
        sectorBytes,
      }
    }),
  }
}

/** "/" before "/boot" before "/boot/efi"; what is not mounted comes last. */
const byMountPoint = (a: FileSystemPlan, b: FileSystemPlan): number => {
  const depth = ({ system: { mountPoint } }: FileSystemPlan): number =>
    mountPoint === undefined ? 1_000 : mountPoint.split('/').filter(Boolean).length
  return depth(a) - depth(b)
}

const notesOn = (machine: Machine, disks: readonly Disk[]): string[] => {
  const others = machine.disks.filter(disk => !disks.includes(disk))
  const byName = machine.fstab.filter(line => /^\/dev\/(sd|vd|xvd|hd|nvme|mmcblk)/.test(line))
  return [
    ...emptyOnes(machine, disks),
    ...(others.length > 0
      ? [
          `What was on ${others.map(({ name }) => name).join(', ')} is not recovered: no file system of it was mounted.`,
        ]
      : []),
    ...byName.map(
      line =>
        `/etc/fstab names ${line.split(/\s/)[0]}: where disks have other names than before, it has to be changed.`,
    ),
    ...(machine.firmware === 'uefi'
      ? [
          'The machine starts by UEFI: its EFI system partition comes back, and this way was not tried by the makers of XenKeep. Where the firmware does not find \\EFI\\BOOT\\BOOTX64.EFI, add an entry with efibootmgr.',
        ]
      : []),
  ]
}
