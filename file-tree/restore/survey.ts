import type { Entry } from '../entry.ts'
import type { FileSystem, Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import type { TargetFolder } from './target-folder.ts'
import { isUnfinished } from './unfinished.ts'
import { isWhole } from './whole.ts'

/** What stands where something else belongs. */
export interface Survey {
  count: number
  /** the first ones */
  paths: RawText[]
}

const SHOWN = 5

/** Looks for what stands in the way before anything is written. */
export class Surveyor {
  readonly #system: FileSystem
  readonly #target: TargetFolder
  readonly #uid: number
  /** Nothing below it needs a look: it is not there, or all in it is ours. */
  #clear: RawText | undefined
  #found: Survey = { count: 0, paths: [] }

  constructor(system: FileSystem, target: TargetFolder, uid: number) {
    this.#system = system
    this.#target = target
    this.#uid = uid
  }

  /** @param entries the next ones, in their order @returns what was found among them and all before */
  look(entries: readonly Entry[]): Survey {
    for (const entry of entries) this.#look(entry)
    return this.#found
  }

  #look(entry: Entry): void {
    this.#target.trim()
    const { path, type } = entry
    if (this.#clear !== undefined && path.startsWith(this.#clear)) return
    this.#clear = undefined
    const status = this.#status(path)
    const leaveBelow = () => {
      if (type === 'dir') this.#clear = path === '' ? '' : `${path}/`
    }
    if (!status) {
      leaveBelow()
      return
    }
    if (type === 'dir' && status.type === 'dir') {
      const isEmpty = () => this.#system.list(this.#target.folder(path)).length === 0
      if (isUnfinished(status, entry, this.#uid, isEmpty)) leaveBelow()
      return
    }
    if (entry.hardLinkTo !== undefined) {
      const first = this.#status(entry.hardLinkTo)
      if (first?.inode === status.inode && first.device === status.device) return
    } else if (isWhole(this.#system, this.#target.place(path), status, entry)) return
    this.#found.count++
    if (this.#found.paths.length < SHOWN) this.#found.paths.push(path)
    leaveBelow()
  }

  #status(path: RawText): Status | undefined {
    try {
      if (path === '') return this.#system.statusOf(this.#target.folder(''))
      const { at, name } = this.#target.place(path)
      return this.#system.status(at, name)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'ENOENT') return undefined
      throw error
    }
  }
}
