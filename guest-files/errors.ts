import { formatBytes } from '#core/bytes-text.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { quoted, safeText } from '#core/safe-text.ts'

/** A program of others that reading files takes is not installed. */
export class ToolMissingError extends XenkeepError {
  readonly code = 'TOOL_MISSING'
  constructor(what: string, packages: readonly string[]) {
    super(`Reading files of a guest takes ${what}, which is not installed here.`, {
      advice: `Install it: apt-get install ${packages.join(' ')} (Debian, Ubuntu). Or serve the disks with "xenkeep serve" and mount them elsewhere.`,
    })
  }
}

/** Files cannot be read on this kind of machine. */
export class FilesUnsupportedError extends XenkeepError {
  readonly code = 'FILES_UNSUPPORTED'
  constructor(platform: string) {
    super(`Files of a guest can be read on Linux on x86-64 only, and this is ${platform}.`, {
      advice:
        'Run the command on such a machine, or serve the disks with "xenkeep serve" and attach them there.',
    })
  }
}

/** The disks of the point have no volume of that name, or the choice is open. */
export class VolumeNotFoundError extends XenkeepError {
  readonly code = 'VOLUME_NOT_FOUND'
  constructor(about: string) {
    super(`There is no such volume in this point: ${safeText(about)}.`, {
      advice: 'Run "xenkeep files POINT" to see its volumes, and choose one with --volume.',
    })
  }
}

/** The volume holds nothing that can be read: encrypted, empty, or of a kind that is not known. */
export class FileSystemUnknownError extends XenkeepError {
  readonly code = 'FILE_SYSTEM_UNKNOWN'
  constructor(kind: string) {
    super(`The volume holds no file system that can be read here: ${safeText(kind)}.`, {
      advice:
        'ext2 to ext4, xfs, btrfs, NTFS and FAT can be read. For others (encrypted ones too) serve the disk with "xenkeep serve" and attach it to a machine that knows them.',
    })
  }
}

/** The file system is known but refuses to be mounted. */
export class VolumeUnreadableError extends XenkeepError {
  readonly code = 'VOLUME_UNREADABLE'
  constructor(kind: string) {
    super(`The file system of the volume is too damaged to be read: ${safeText(kind)}.`, {
      advice:
        'Run "xenkeep check --level 2": if the repository is whole, the guest’s file system was damaged when it was backed up. Try an older point, or restore the machine and repair it there.',
    })
  }
}

/** No file of that name in the volume. */
export class GuestFileNotFoundError extends XenkeepError {
  readonly code = 'FILE_NOT_FOUND'
  constructor(path: string) {
    super(`The volume has no file ${quoted(path)}.`, {
      advice: 'List the directory above it; names are case-sensitive, for NTFS too.',
    })
  }
}

/** The path leads through a symbolic link of the guest, which is not followed. */
export class PathThroughLinkError extends XenkeepError {
  readonly code = 'PATH_THROUGH_LINK'
  constructor(link: string) {
    super(`${quoted(link)} is a symbolic link; links of the guest are not followed.`, {
      advice: 'List the link to see where it leads, and name the place itself.',
    })
  }
}

/** The helper that reads the guest's file systems ended too early. */
export class GuestReaderFailedError extends XenkeepError {
  readonly code = 'GUEST_READER_FAILED'
  constructor(why: string) {
    super(`The file systems of the guest could not be read: ${safeText(why)}.`, {
      advice:
        'Run it again. If it stays so, serve the disks with "xenkeep serve" and mount them on a machine of their own.',
    })
  }
}

/** What is to be downloaded holds more than can be downloaded at once. */
export class DownloadTooLargeError extends XenkeepError {
  readonly code = 'DOWNLOAD_TOO_LARGE'
  constructor(bytes: number, most: number) {
    super(`This holds ${formatBytes(bytes)}, and ${formatBytes(most)} can be downloaded at once.`, {
      advice:
        'Download parts of it, or have all of it written to a disk: "xenkeep files POINT PATH --volume VOLUME -o DIR".',
    })
  }
}

/** A file was not read to its end: a part of it is damaged in the repository, or was when it was backed up. */
export class GuestFileUnreadableError extends XenkeepError {
  readonly code = 'FILE_UNREADABLE'
  constructor(path: string, why: string) {
    super(`The file ${quoted(path)} cannot be read to its end: ${safeText(why)}`, {
      advice:
        'Where the repository did not answer, download it again. Else run "xenkeep check --level 2": if the repository is whole, the guest’s file system was damaged when it was backed up. Try an older point.',
    })
  }
}

/** What the script inside calls a failure. */
export const guestFailure = (code: string, text: string): XenkeepError => {
  switch (code) {
    case 'TOOL_MISSING':
      return new ToolMissingError(text, [text])
    case 'VOLUME_NOT_FOUND':
      return new VolumeNotFoundError(text)
    case 'VOLUME_UNREADABLE':
      return new VolumeUnreadableError(text)
    case 'FILE_SYSTEM_UNKNOWN':
      return new FileSystemUnknownError(text)
    case 'FILE_NOT_FOUND':
      return new GuestFileNotFoundError(text)
    case 'PATH_THROUGH_LINK':
      return new PathThroughLinkError(text)
    case 'DOWNLOAD_TOO_LARGE': {
      const [bytes, most] = text.split(' ').map(Number)
      return new DownloadTooLargeError(bytes ?? 0, most ?? 0)
    }
    default:
      return new GuestReaderFailedError(text)
  }
}
