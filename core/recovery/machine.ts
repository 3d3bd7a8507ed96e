import { z } from 'zod'

const Count = z.int().nonnegative()

/** One partition, as `sfdisk --json` tells it. */
const Partition = z.object({
  number: z.int().positive(),
  /** Both in sectors of the disk. */
  start: Count,
  sectors: Count,
  /** GUID of the type (gpt), or its number in hex (dos). */
  type: z.string(),
  uuid: z.string().optional(),
  name: z.string().optional(),
  attributes: z.string().optional(),
  bootable: z.boolean().optional(),
})
export type Partition = z.infer<typeof Partition>

const PartitionTable = z.object({
  /** `gpt`, `dos`, or one that we do not make. */
  label: z.string(),
  id: z.string().optional(),
  /** Of gpt: the first sector that partitions may use. */
  firstSector: Count.optional(),
  partitions: z.array(Partition),
})
export type PartitionTable = z.infer<typeof PartitionTable>

/** Bytes of a disk that a BIOS starts from, kept as a stream of the point. */
const BootArea = z.object({
  stream: z.string(),
  /** Where it lies on the disk, and how long it is; bytes. */
  offset: Count,
  bytes: Count,
})
export type BootArea = z.infer<typeof BootArea>

const Disk = z.object({
  /** `sda`, or the path of an image file. */
  name: z.string(),
  bytes: Count,
  sectorBytes: Count,
  model: z.string().optional(),
  serial: z.string().optional(),
  /** Left out where a file system lies on the whole disk, or nothing does. */
  table: PartitionTable.optional(),
  /** What the first sector holds. */
  bootLoader: z.enum(['grub', 'other', 'none']),
  bootAreas: z.array(BootArea),
})
export type Disk = z.infer<typeof Disk>

const FileSystem = z.object({
  /** As blkid calls it: `ext4`, `xfs`, `btrfs`, `vfat`, `swap`, `LVM2_member` … */
  type: z.string(),
  version: z.string().optional(),
  label: z.string().optional(),
  uuid: z.string().optional(),
  /** `partition` left out: the whole disk. No place: it lies on what `above` names. */
  disk: z.string().optional(),
  partition: z.int().positive().optional(),
  /** `lvm`, `crypt`, `raid1` …: what lies between it and its disks. */
  above: z.string().optional(),
  /** Within the machine; left out where it was not mounted. */
  mountPoint: z.string().optional(),
  options: z.string().optional(),
  /** Of btrfs, where it is not the whole: which part is mounted. */
  subvolume: z.string().optional(),
  bytes: Count.optional(),
  usedBytes: Count.optional(),
  /** Name of its tree of files in the point. */
  tree: z.string().optional(),
  /** What the file system was made with, for the one to come: `mke2fs -O`, and so on. */
  makeOptions: z.array(z.string().regex(/^-?[A-Za-z0-9_,=]+$/)).default([]),
})
export type FileSystem = z.infer<typeof FileSystem>

/**
 * What it takes to make a Linux machine anew on empty disks, beside its files: the stream {@link MACHINE} of a point, as JSON for people, too.
 * Members that are not known are left alone.
 */
export const Machine = z.object({
  format: z.literal('linux-machine'),
  version: z.literal(1),
  /** Where its root file system was when it was read: `/`, or the folder of a mounted disk. */
  root: z.string(),
  hostname: z.string(),
  operatingSystem: z.string(),
  /** As `uname -m`. */
  architecture: z.string(),
  firmware: z.enum(['bios', 'uefi']),
  /** Of the kernel that ran. */
  kernel: z.string().optional(),
  kernelCommandLine: z.string().optional(),
  kernels: z.array(z.string()),
  initramfs: z.array(z.string()),
  disks: z.array(Disk),
  fileSystems: z.array(FileSystem),
  swapFiles: z.array(z.object({ path: z.string(), bytes: Count })),
  /** Lines of /etc/fstab without comments. */
  fstab: z.array(z.string()),
  network: z.array(
    z.object({ name: z.string(), mac: z.string().optional(), addresses: z.array(z.string()) }),
  ),
  packages: z.object({ manager: z.enum(['dpkg', 'rpm', 'none']), list: z.array(z.string()) }),
  /** What LVM tells of itself, as its JSON reports have it. */
  lvm: z.unknown().optional(),
})
export type Machine = z.infer<typeof Machine>

/** Name of the stream. */
export const MACHINE = 'machine.json'
