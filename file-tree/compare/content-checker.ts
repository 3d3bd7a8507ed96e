import type { Extent } from '../entry.ts'
import type { FileSystem, Handle } from '../file-system.ts'
import { filled, placed } from '../holes.ts'
import type { RawText } from '../raw-text.ts'
import type { TargetFolder } from '../restore/target-folder.ts'
import type { Difference } from './comparer.ts'

interface OpenFile {
  handle: Handle
  parts: readonly Extent[]
  same: boolean
  path: RawText
}

const PART = 1024 * 1024 // bytes

/** Compares what files hold with what the point has. */
export class ContentChecker {
  readonly #system: FileSystem
  readonly #folder: TargetFolder
  readonly #buffer = Buffer.alloc(PART)
  #file: OpenFile | undefined
  #found: Difference[] = []

  constructor(system: FileSystem, folder: TargetFolder) {
    this.#system = system
    this.#folder = folder
  }

  take(): Difference[] {
    const found = this.#found
    this.#found = []
    return found
  }

  begin({ path, size, holes }: { path: RawText; size: number; holes?: readonly Extent[] }): void {
    this.#attempt(path, () => {
      const { at, name } = this.#folder.place(path)
      const handle = this.#system.openFile(at, name)
      const parts = filled({ size, holes })
      this.#file = { handle, parts, same: true, path }
      for (const hole of holes ?? []) this.#compareHole(hole)
    })
  }

  /** @param from where in the file's data the bytes begin, holes left out */
  append(from: number, data: Uint8Array): void {
    const file = this.#file
    if (!file?.same) return
    this.#attempt(file.path, () => {
      for (const { offset, bytes } of placed(file.parts, from, data)) this.#compare(offset, bytes)
    })
  }

  end(): void {
    if (!this.#file) return
    const { path, same, handle } = this.#file
    this.#system.close(handle)
    this.#file = undefined
    if (!same) this.#found.push({ path, what: 'differs', members: ['content'] })
  }

  #compareHole([offset, length]: Extent): void {
    for (let done = 0; done < length && this.#file?.same; done += PART)
      this.#compare(offset + done, ZEROS.subarray(0, Math.min(PART, length - done)))
  }

  #compare(offset: number, bytes: Uint8Array): void {
    const file = this.#file
    for (let done = 0; file?.same && done < bytes.length; ) {
      const into = this.#buffer.subarray(0, Math.min(PART, bytes.length - done))
      const read = this.#system.read(file.handle, into, offset + done)
      const expected = bytes.subarray(done, done + read)
      if (read === 0 || Buffer.compare(into.subarray(0, read), expected) !== 0) file.same = false
      done += read
    }
  }

  #attempt(path: RawText, work: () => void): void {
    try {
      work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#found.push({ path, what: 'unreadable', why })
    }
  }
}

const ZEROS = Buffer.alloc(PART)
