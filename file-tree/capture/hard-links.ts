import type { Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'

/** First paths of files that have several. Forgotten with the last of them, so memory is for those whose other names are still to come. */
export class HardLinks {
  readonly #first = new Map<string, { path: RawText; left: number }>()

  /** @returns the first path of the same file, where `path` is not it */
  firstOf({ device, inode, nlink }: Status, path: RawText): RawText | undefined {
    if (nlink < 2) return undefined
    const key = `${device}:${inode}`
    const known = this.#first.get(key)
    if (!known) {
      this.#first.set(key, { path, left: nlink - 1 })
      return undefined
    }
    known.left -= 1
    if (known.left === 0) this.#first.delete(key)
    return known.path
  }

  /** Its first path is not in the point after all: the next one becomes the first. */
  forget({ device, inode }: Status): void {
    this.#first.delete(`${device}:${inode}`)
  }
}
