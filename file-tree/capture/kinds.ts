/** Kinds of file system (`statfs.f_type`, linux/magic.h) that the kernel makes up: there is nothing to keep in them. */
const MADE_BY_THE_KERNEL: ReadonlyMap<number, string> = new Map([
  [0x9fa0, 'proc'],
  [0x62656572, 'sysfs'],
  [0x27e0eb, 'cgroup'],
  [0x63677270, 'cgroup2'],
  [0x64626720, 'debugfs'],
  [0x74726163, 'tracefs'],
  [0x73636673, 'securityfs'],
  [0xcafe4a11, 'bpf'],
  [0x6165676c, 'pstore'],
  [0x1cd1, 'devpts'],
  [0x19800202, 'mqueue'],
  [0x62656570, 'configfs'],
  [0x65735543, 'fusectl'],
  [0x42494e4d, 'binfmt_misc'],
  [0xde5e81e4, 'efivarfs'],
  [0xf97cff8c, 'selinuxfs'],
  [0x6e736673, 'nsfs'],
  [0x67596969, 'rpc_pipefs'],
  [0x958458f6, 'hugetlbfs'],
])

/** @returns its name, where the kernel makes it up */
export const kernelFileSystem = (kind: number): string | undefined => MADE_BY_THE_KERNEL.get(kind)

const FUSE = 0x65735546
const NTFS3 = 0x7366746e

/** Attributes that these drivers have without listing them: ntfs-3g(8) "Extended Attributes", Documentation/filesystems/ntfs3.rst. */
const UNLISTED: ReadonlyMap<number, readonly string[]> = new Map([
  [
    FUSE,
    [
      'system.ntfs_acl',
      'system.ntfs_attrib_be',
      'system.ntfs_crtime_be',
      'system.ntfs_reparse_data',
      'system.ntfs_object_id',
      'system.ntfs_dos_name',
      'system.ntfs_ea',
    ],
  ],
  [NTFS3, ['system.ntfs_security', 'system.ntfs_attrib_be']],
])

/** @returns names of attributes to ask for by name */
export const unlistedAttributes = (kind: number): readonly string[] => UNLISTED.get(kind) ?? []
