import type { Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import type { TreeOptions } from './options.ts'
import { type Patterns, patternsOf } from './patterns.ts'
import { type TreeReport, tell } from './report.ts'

/** What of a tree is wanted; the rest is counted. */
export class Selection {
  readonly #options: TreeOptions
  readonly #report: TreeReport
  readonly #exclude: Patterns | undefined
  readonly #include: Patterns | undefined
  /** of the root */
  device = 0n

  constructor(options: TreeOptions, report: TreeReport) {
    this.#options = options
    this.#report = report
    this.#exclude = options.exclude?.length ? patternsOf(options.exclude) : undefined
    this.#include = options.include?.length ? patternsOf(options.include) : undefined
  }

  /** Whether a folder lies on another file system than the root, and only that of the root is wanted. */
  isElsewhere({ device }: Status): boolean {
    return this.#options.oneFileSystem === true && device !== this.device
  }

  leavesOut(path: RawText, status: Status): boolean {
    const { type, size } = status
    const isFolder = type === 'dir'
    const { maxFileSize } = this.#options
    if (this.#exclude?.match(path, isFolder) || !this.#isIncluded(path, isFolder)) {
      this.#report.excluded += 1
      return true
    }
    if (type === 'file' && maxFileSize !== undefined && size > maxFileSize) {
      tell(
        this.#report.tooLarge,
        path,
        `it has ${size.toLocaleString('en')} bytes, more than the limit, and was left out`,
      )
      return true
    }
    if (!isFolder && this.isElsewhere(status)) {
      tell(this.#report.otherFileSystems, path, 'it lies on another file system, and was left out')
      return true
    }
    return false
  }

  #isIncluded(path: RawText, isFolder: boolean): boolean {
    if (!this.#include) return true
    if (this.#include.match(path, isFolder)) return true
    if (isFolder && this.#include.mayMatchBelow(path)) return true
    // Below a folder that is included all of it is.
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1))
      if (this.#include.match(path.slice(0, slash), true)) return true
    return false
  }
}
