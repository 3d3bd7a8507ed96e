import type { Xattr } from './entry.ts'
import type { Attributes, FileSystem, Handle } from './file-system.ts'
import type { RawText } from './raw-text.ts'

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

/** ntfs-3g(8): how alternate streams are listed where it is mounted with `streams_interface=windows`, which makes attributes of none of them. */
const HIDDEN_STREAMS = 'ntfs.streams.list'

/** XFS shows root its access lists twice: as `system.posix_acl_*` and as it stores them. */
const TWIN = 'trusted.SGI_ACL_'

/** Which extended attributes of a file are kept: those that the file system lists, those that it has without listing them, and none twice. */
export class KeptAttributes {
  readonly #system: FileSystem
  /** attributes to ask for by name */
  readonly #unlisted = new Map<bigint, readonly RawText[]>()

  constructor(system: FileSystem) {
    this.#system = system
  }

  /** Before anything of a device is asked. @param kind of file system, as `FileSystem.kindOf` says */
  learn(handle: Handle, device: bigint, kind: number = this.#system.kindOf(handle)): void {
    if (this.#unlisted.has(device)) return
    const unlisted = UNLISTED.get(kind) ?? []
    const isNtfs =
      unlisted.length > 0 && this.#system.xattrOf(handle, 'system.ntfs_attrib_be') !== undefined
    this.#unlisted.set(device, isNtfs ? unlisted : [])
  }

  /** Whether some of them are had through an open file or folder alone. */
  hasUnlisted(device: bigint): boolean {
    return (this.#unlisted.get(device)?.length ?? 0) > 0
  }

  /** @param handle of a file or folder on `device`, which `learn` was told of */
  ofOpen(handle: Handle, device: bigint): Attributes {
    const found = withoutTwins(this.#system.xattrsOf(handle))
    const unlisted = this.#unlisted.get(device) ?? []
    for (const name of unlisted) {
      const value = this.#system.xattrOf(handle, name)
      if (value) found.kept.push([name, value])
    }
    const hidden = unlisted.length > 0 && this.#system.xattrOf(handle, HIDDEN_STREAMS)
    if (hidden && hidden.length > 0) found.lost.push(...streamsIn(hidden))
    return found
  }

  /** Of what is not opened. */
  ofName(at: Handle, name: RawText): Attributes {
    return withoutTwins(this.#system.xattrs(at, name))
  }
}

const withoutTwins = ({ kept, lost }: Attributes): Attributes => ({
  kept: kept.filter(([name]: Xattr) => !name.startsWith(TWIN)),
  lost: [...lost],
})

/** Why a stream cannot be read as an attribute: where only another way of mounting shows it. */
export const NOT_MOUNTED_SO = 'STREAM_NOT_SHOWN'

const streamsIn = (list: Uint8Array): (readonly [RawText, string])[] =>
  Buffer.from(list)
    .toString('latin1')
    .split('\0')
    .filter(name => name !== '')
    .map(name => [`user.${name}`, NOT_MOUNTED_SO] as const)
