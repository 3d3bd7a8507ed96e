import type { Xattr } from '../entry.ts'
import type { Attributes, FileSystem, Handle } from '../file-system.ts'
import { KeptAttributes } from '../kept-attributes.ts'
import { type RawText, readable } from '../raw-text.ts'
import { kernelFileSystem } from './kinds.ts'
import { reasonOf } from './reasons.ts'
import { type TreeReport, tell } from './report.ts'

/** Reads extended attributes. What cannot be read is told. */
export class AttributeReader {
  readonly #system: FileSystem
  readonly #report: TreeReport
  readonly #kept: KeptAttributes
  /** by device: the name of its file system, where the kernel makes it up */
  readonly #devices = new Map<bigint, string | undefined>()

  constructor(system: FileSystem, report: TreeReport) {
    this.#system = system
    this.#report = report
    this.#kept = new KeptAttributes(system)
  }

  /** Before anything of a device is read: @returns the kernel's name for it, where the kernel makes it up */
  learn(handle: Handle, device: bigint): string | undefined {
    if (!this.#devices.has(device)) {
      const kind = this.#system.kindOf(handle)
      this.#kept.learn(handle, device, kind)
      this.#devices.set(device, kernelFileSystem(kind))
    }
    return this.#devices.get(device)
  }

  /** @param handle of a file or folder on `device`, which `learn` was told of */
  ofOpen(handle: Handle, device: bigint): Attributes {
    return this.#kept.ofOpen(handle, device)
  }

  /** Of what cannot be opened: links, devices, fifos, sockets. */
  ofName(at: Handle, name: RawText): Attributes {
    return this.#kept.ofName(at, name)
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
