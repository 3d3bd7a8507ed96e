import { constants } from 'node:os'
import type { FileSystem, Handle, Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import { systemError } from '../system-error.ts'

/** A folder on the way from the root to where the walk is. */
export interface Folder {
  name: RawText
  /** what stands before the names of its entries: its path and a slash, nothing for the root */
  prefix: RawText
  /** ascending */
  names: readonly RawText[]
  /** index of the name that comes next */
  next: number
  device: bigint
  inode: bigint
  handle: Handle | undefined
}

/** A path may be deeper than a process may have files open: beyond this only the deepest stay open. */
const MOST_OPEN = 64

/** The folders that are open, root first. One that was closed meanwhile is found again, and only the same one. */
export class OpenFolders {
  readonly #system: FileSystem
  readonly #lost: (folder: Folder, names: number) => void
  readonly #stack: Folder[] = []
  #open = 0

  /** @param lost hears of a folder that cannot be gone on with, and how many of its names were not looked at */
  constructor(system: FileSystem, lost: (folder: Folder, names: number) => void) {
    this.#system = system
    this.#lost = lost
  }

  /** There is one from the first `push` to `close`. */
  get deepest(): Folder {
    return this.#stack.at(-1) as Folder
  }

  /** @param folder with its handle, which is closed with it */
  push(folder: Folder): void {
    this.#stack.push(folder)
    this.#open += 1
    if (this.#open <= MOST_OPEN) return
    // The root stays, since all others can be found from it.
    const shallowest = this.#stack.find(({ handle }, depth) => depth > 0 && handle !== undefined)
    if (shallowest) this.#close(shallowest)
  }

  /** Leaves the deepest, which is not the root. */
  pop(): void {
    const left = this.#stack.pop()
    if (!left) return
    const above = this.deepest
    if (above.handle === undefined) this.#reopen(above, left)
    this.#close(left)
  }

  close(): void {
    for (const folder of this.#stack.splice(0)) this.#close(folder)
  }

  /**
   * Opens a folder by its path, from the root down, each name in an open folder.
   * @returns its handle, for `leave`
   * @throws what opening one of them throws, `ENOTDIR` or `ELOOP` where one is a link by now
   */
  reach(names: readonly RawText[]): Handle {
    let at = this.#root
    for (const name of names) {
      const above = at
      try {
        at = this.#system.openDirectory(above, name)
      } finally {
        this.leave(above)
      }
    }
    return at
  }

  leave(handle: Handle): void {
    if (handle !== this.#root) this.#system.close(handle)
  }

  get #root(): Handle {
    const handle = this.#stack[0]?.handle
    if (handle === undefined) throw systemError(constants.errno.EBADF, 'open')
    return handle
  }

  /** By `..`, which is one step; where that leads elsewhere because something was moved meanwhile, from the root again. */
  #reopen(folder: Folder, below: Folder): void {
    const handle = this.#above(folder, below) ?? this.#fromRoot(folder)
    if (handle === undefined) {
      // Gone or exchanged: what it still had in store cannot be reached any more.
      const left = folder.names.length - folder.next
      if (left > 0) this.#lost(folder, left)
      folder.next = folder.names.length
      return
    }
    folder.handle = handle
    this.#open += 1
  }

  #above(folder: Folder, below: Folder): Handle | undefined {
    if (below.handle === undefined) return undefined
    return this.#sameAs(folder, () => this.#system.openDirectory(below.handle as Handle, '..'))
  }

  #fromRoot(folder: Folder): Handle | undefined {
    const depth = this.#stack.indexOf(folder)
    const names = this.#stack.slice(1, depth).map(({ name }) => name)
    return this.#sameAs(folder, () => {
      const parent = this.reach(names)
      try {
        return this.#system.openDirectory(parent, folder.name)
      } finally {
        this.leave(parent)
      }
    })
  }

  #sameAs(folder: Folder, open: () => Handle): Handle | undefined {
    try {
      const handle = open()
      if (isSame(folder, this.#system.statusOf(handle))) return handle
      this.#system.close(handle)
      return undefined
    } catch {
      return undefined
    }
  }

  #close(folder: Folder): void {
    if (folder.handle === undefined) return
    this.#system.close(folder.handle)
    folder.handle = undefined
    this.#open -= 1
  }
}

const isSame = (folder: Folder, { device, inode }: Status) =>
  folder.device === device && folder.inode === inode
