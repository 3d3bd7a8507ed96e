import type { FileSystem, Handle } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'

/** Folders kept open; a tree is rarely deeper. */
const OPEN_FOLDERS = 128

/** Where something lies: an open folder, and its name there. */
export interface Place {
  at: Handle
  name: RawText
}

/**
 * The folder that a tree is restored into. Everything below it is reached from its handle, one name at a time, and no name is followed where it is a link: whoever
 * exchanges a folder for a link meanwhile leads nowhere.
 */
export class TargetFolder {
  readonly #system: FileSystem
  readonly #root: Handle
  readonly #open = new Map<RawText, Handle>()

  /** @param path as the user named it; links in it are the user's own */
  constructor(system: FileSystem, path: string) {
    this.#system = system
    this.#root = system.openRoot(path)
  }

  /**
   * @param path '' for the target itself
   * @returns a handle, valid until `trim` or `forget`
   * @throws the system's: `ENOENT`, `ENOTDIR` (also for a link), `EACCES`
   */
  folder(path: RawText): Handle {
    if (path === '') return this.#root
    const known = this.#open.get(path)
    if (known !== undefined) {
      // The one used last stands last.
      this.#open.delete(path)
      this.#open.set(path, known)
      return known
    }
    const { at, name } = this.place(path)
    const handle = this.#system.openDirectory(at, name)
    this.#open.set(path, handle)
    return handle
  }

  /** @throws as `folder`, for the one that it lies in; `EINVAL` where the path leads elsewhere */
  place(path: RawText): Place {
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    if (name === '' || name === '.' || name === '..' || name.includes('\0'))
      throw Object.assign(new Error('its path is none'), { code: 'EINVAL' })
    return { at: this.folder(path.slice(0, Math.max(0, slash))), name }
  }

  /** Closes those that were not asked for lately. */
  trim(): void {
    for (const [path, handle] of this.#open) {
      if (this.#open.size <= OPEN_FOLDERS) return
      this.#open.delete(path)
      this.#system.close(handle)
    }
  }

  /** Looks at every folder anew from here on: somebody may have exchanged one. */
  forget(): void {
    for (const handle of this.#open.values()) this.#system.close(handle)
    this.#open.clear()
  }

  close(): void {
    this.forget()
    this.#system.close(this.#root)
  }
}
