import type { Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'

type Seen = Pick<Status, 'type' | 'size' | 'mtime'>

interface First extends Seen {
  path: RawText
  /** names that are still to come */
  left: number
}

/** First paths of files that have several. Forgotten with the last of them, so memory is for those whose other names are still to come. */
export class HardLinks {
  readonly #first = new Map<string, First>()

  /**
   * @returns the first path of the same file, where `path` is not it. The number of an inode is given anew once its file is gone, and a file may be written to between two
   *   of its names: what is not as the first name was read stands for itself, and the names behind it are names of that
   */
  firstOf(status: Status, path: RawText): RawText | undefined {
    if (status.nlink < 2) return undefined
    const key = keyOf(status)
    const known = this.#first.get(key)
    if (!known || !isSame(known, status)) {
      const { type, size, mtime, nlink } = status
      this.#first.set(key, { path, left: nlink - 1, type, size, mtime })
      return undefined
    }
    known.left -= 1
    if (known.left === 0) this.#first.delete(key)
    return known.path
  }

  /** What was read under the first path. @param before as it was looked up */
  read(before: Status, { inode, device, type, size, mtime }: Status): void {
    const known = this.#first.get(keyOf(before))
    if (!known) return
    if (inode === before.inode && device === before.device)
      Object.assign(known, { type, size, mtime })
    // Another file has the name by now: nothing else is a name of that one.
    else this.forget(before)
  }

  /** Its first path is not in the point after all: `next` is, or else the one that comes next. */
  forget(status: Pick<Status, 'device' | 'inode'>, next?: RawText): void {
    const known = this.#first.get(keyOf(status))
    if (next !== undefined && known) known.path = next
    else this.#first.delete(keyOf(status))
  }
}

const keyOf = ({ device, inode }: Pick<Status, 'device' | 'inode'>) => `${device}:${inode}`

const isSame = (a: Seen, b: Seen) => a.type === b.type && a.size === b.size && a.mtime === b.mtime
