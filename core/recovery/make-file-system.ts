import type { FileSystem } from './machine.ts'

/** A program that makes an empty file system, and the Debian package that has it. */
interface Maker {
  program: string
  package: string
  /** Arguments before the device. */
  args: (fileSystem: FileSystem) => string[]
}

const label = (option: string, { label: text }: FileSystem): string[] =>
  text === undefined ? [] : [option, text]
const uuid = (option: string, { uuid: id }: FileSystem): string[] =>
  id === undefined ? [] : [option, id]

const ext = (type: string): Maker => ({
  program: 'mke2fs',
  package: 'e2fsprogs',
  args: system => [
    ...['-q', '-F', '-t', type],
    ...[...uuid('-U', system), ...label('-L', system), ...system.makeOptions],
  ],
})

/** By the name that blkid has for the file system. */
const MAKERS: Readonly<Record<string, Maker>> = {
  ext2: ext('ext2'),
  ext3: ext('ext3'),
  ext4: ext('ext4'),
  xfs: {
    program: 'mkfs.xfs',
    package: 'xfsprogs',
    args: system => [
      ...['-q', '-f'],
      ...(system.uuid === undefined ? [] : ['-m', `uuid=${system.uuid}`]),
      ...[...label('-L', system), ...system.makeOptions],
    ],
  },
  btrfs: {
    program: 'mkfs.btrfs',
    package: 'btrfs-progs',
    args: system => ['-q', '-f', ...uuid('-U', system), ...label('-L', system)],
  },
  vfat: {
    program: 'mkfs.vfat',
    package: 'dosfstools',
    args: system => [
      // FAT has a number of 32 bits: 1234-ABCD.
      ...(system.uuid === undefined ? [] : ['-i', system.uuid.replace('-', '')]),
      ...label('-n', system),
      ...fatBits(system),
    ],
  },
  swap: {
    program: 'mkswap',
    package: 'util-linux',
    args: system => ['--force', ...uuid('--uuid', system), ...label('--label', system)],
  },
}

const fatBits = ({ version }: FileSystem): string[] => {
  const bits = /^FAT(12|16|32)$/.exec(version ?? '')?.[1]
  return bits === undefined ? [] : ['-F', bits]
}

export const makerOf = ({ type }: Pick<FileSystem, 'type'>): Maker | undefined => MAKERS[type]

/** Types whose files are kept and laid back. */
export const KEPT_TYPES: readonly string[] = Object.keys(MAKERS).filter(type => type !== 'swap')

/** Types that may become larger than they were: they are made anew at any size. */
export const canGrow = ({ type }: Pick<FileSystem, 'type'>): boolean =>
  KEPT_TYPES.includes(type) && type !== 'vfat'
