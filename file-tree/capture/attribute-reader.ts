import type { Xattr } from '../entry.ts'
import type { Attributes, FileSystem, Handle } from '../file-system.ts'
import { type RawText, readable } from '../raw-text.ts'
import { kernelFileSystem, unlistedAttributes } from './kinds.ts'
import { reasonOf } from './reasons.ts'
import { type TreeReport, tell } from './report.ts'

/** What there is to know of a file system. */
interface Device {
  /** its name, where the kernel makes it up */
  made: string | undefined
  /** attributes to ask for by name */
  unlisted: readonly RawText[]
}

/** XFS shows root its access lists twice: as `system.posix_acl_*` and as it stores them. */
const TWIN = 'trusted.SGI_ACL_'

/** Reads extended attributes, also those that a file system has without listing them. What cannot be read is told. */
export class AttributeReader {
  readonly #system: FileSystem
  readonly #report: TreeReport
  readonly #devices = new Map<bigint, Device>()

  constructor(system: FileSystem, report: TreeReport) {
    this.#system = system
    this.#report = report
  }

  /** Before anything of a device is read: @returns the kernel's name for it, where the kernel makes it up */
  learn(handle: Handle, device: bigint): string | undefined {
    let known = this.#devices.get(device)
    if (!known) {
      const kind = this.#system.kindOf(handle)
      const unlisted = unlistedAttributes(kind)
      const isNtfs =
        unlisted.length > 0 && this.#system.xattrOf(handle, 'system.ntfs_attrib_be') !== undefined
      known = { made: kernelFileSystem(kind), unlisted: isNtfs ? unlisted : [] }
      this.#devices.set(device, known)
    }
    return known.made
  }

  /** @param handle of a file or folder on `device`, which `learn` was told of */
  ofOpen(handle: Handle, device: bigint): Attributes {
    const listed = this.#system.xattrsOf(handle)
    const found = { ...listed, kept: listed.kept.filter(([name]) => !name.startsWith(TWIN)) }
    for (const name of this.#devices.get(device)?.unlisted ?? []) {
      const value = this.#system.xattrOf(handle, name)
      if (value) found.kept.push([name, value])
    }
    return found
  }

  /** @returns what `ask` does; nothing where it fails, which is told */
  tolerant(path: RawText, ask: () => Attributes): { xattrs?: readonly Xattr[] } {
    try {
      const { kept, lost } = ask()
      this.tellLost(path, lost)
      return { xattrs: kept }
    } catch (error) {
      tell(
        this.#report.attributesLost,
        path,
        `its attributes could not be read: ${reasonOf(error)}`,
      )
      return {}
    }
  }

  tellLost(path: RawText, lost: readonly (readonly [name: RawText, code: string])[]): void {
    for (const [name, code] of lost)
      tell(
        this.#report.attributesLost,
        path,
        `its attribute ${readable(name)} could not be read: ${reasonOf({ code })}`,
      )
  }
}
