import { XenkeepError } from '#core/errors/base.ts'
import { safeText } from '../output/safe-text.ts'

/** The disk image cannot be used as it is. */
export class ImageUnreadableError extends XenkeepError {
  readonly code = 'IMAGE_UNREADABLE'
  constructor(file: string, why: string, cause?: unknown) {
    super(`The image ${safeText(file)} cannot be imported: ${why}.`, {
      advice: 'Name a raw disk image that this user may read; nothing was stored.',
      cause,
    })
  }
}

/** Somebody wrote to the image while it was read: what was read is no state that the disk ever had. */
export class ImageChangedError extends XenkeepError {
  readonly code = 'IMAGE_CHANGED'
  constructor(file: string) {
    super(`The image ${safeText(file)} changed while it was read; no recovery point was made.`, {
      advice: 'Stop whatever writes to it, or import a snapshot of it.',
    })
  }
}

/** The bitmap of changes is none, or of another disk. */
export class BitmapInvalidError extends XenkeepError {
  readonly code = 'BITMAP_INVALID'
  constructor(file: string, why: string, cause?: unknown) {
    super(`The bitmap of changes ${safeText(file)} cannot be used: ${why}.`, {
      advice:
        'It is base64 text, one bit per block of 64 KiB, the most significant bit of a byte first. Without --changed the image is read in full.',
      cause,
    })
  }
}

/** Changes are told, but not since when. */
export class NoBasePointError extends XenkeepError {
  readonly code = 'NO_BASE_POINT'
  constructor(name: string, why: string) {
    super(
      `The changes of "${safeText(name)}" have no recovery point that they could be added to: ${why}.`,
      { advice: 'Import the image in full, without --changed.' },
    )
  }
}

/** A point without a description of a VM cannot become one. */
export class NoVmMetadataError extends XenkeepError {
  readonly code = 'NO_VM_METADATA'
  constructor(pointId: string) {
    super(
      `The recovery point ${pointId} holds no description of a virtual machine, which an XVA needs.`,
      { advice: 'Export its disks with --format raw or --format vhd.' },
    )
  }
}

/** The format has no room for the disk. */
export class DiskTooLargeError extends XenkeepError {
  readonly code = 'DISK_TOO_LARGE'
  constructor(name: string, limit: string, instead: string) {
    super(`The disk "${safeText(name)}" is larger than ${limit}, more than this format can hold.`, {
      advice: `Use ${instead}.`,
    })
  }
}
