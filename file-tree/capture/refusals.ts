import type { Entry } from '../entry.ts'
import type { FileSystem } from '../file-system.ts'
import type { OpenFolders } from './open-folders.ts'
import type { Outbox } from './outbox.ts'
import { readAgain } from './read-again.ts'
import { countKept, countRead, type TreeReport, tell } from './report.ts'
import { type FromReader, failed } from './wire.ts'

interface Parts {
  system: FileSystem
  folders: OpenFolders
  outbox: Outbox
  report: TreeReport
  send: (message: FromReader) => void
}

/** Answers where the last point cannot give what was to be kept. */
export class Refusals {
  readonly #parts: Parts
  #taken: (() => void) | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The last piece is written. */
  more(): void {
    this.#taken?.()
  }

  /** Chunks that the last point has lost, or never had: files are read although they did not change. */
  async answer(keep: number): Promise<void> {
    try {
      for (const { entry } of this.#parts.outbox.filesOf(keep)) {
        countKept(this.#parts.report, entry, -1)
        await this.#sendAgain(entry)
        if (entry.changedWhileRead)
          tell(this.#parts.report.changedWhileRead, entry.path, 'it changed while it was read')
        if (entry.problem) tell(this.#parts.report.unreadable, entry.path, entry.problem)
        else countRead(this.#parts.report, entry.data?.length ?? 0)
      }
      this.#parts.send({ kind: 'again', cut: true, bytes: new Uint8Array(), last: true })
    } catch (error) {
      this.#parts.send(failed(error))
    }
  }

  async #sendAgain(entry: Entry): Promise<void> {
    let cut = !entry.bundled
    for (const bytes of readAgain(this.#parts.system, this.#parts.folders, entry)) {
      const taken = new Promise<void>(resolve => {
        this.#taken = resolve
      })
      this.#parts.send({ kind: 'again', cut, bytes, last: false })
      cut = false
      await taken
    }
  }
}
