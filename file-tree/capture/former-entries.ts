import type { Entry } from '../entry.ts'
import { EntryDecoder } from '../entry-decoder.ts'
import { comparePaths, type RawText } from '../raw-text.ts'

export interface Passing {
  /** The next entry of the last point is known: the ones before it were all passed. `undefined`: there is none any more. */
  coming(entry: Entry | undefined): void
  /** The walk has nothing of this path. */
  missed(entry: Entry): void
}

/** The last point's entries run beside the walk, which has the same order: each is looked at once, few are in memory. */
export class FormerEntries {
  readonly #decoder = new EntryDecoder()
  readonly #passing: Passing
  #head: Entry | undefined
  #ended: boolean

  /** @param exists whether there is a last point */
  constructor(exists: boolean, passing: Passing) {
    this.#ended = !exists
    this.#passing = passing
  }

  /** @param bytes the next of them, `undefined` at the end. @throws `FormatError` */
  push(bytes: Uint8Array | undefined): void {
    if (bytes) this.#decoder.push(bytes)
    else this.#decoder.end()
  }

  /** The rest cannot be had. */
  giveUp(): void {
    this.#head = undefined
    this.#ended = true
  }

  /** @returns the entry of this path, `undefined` where there was none, or `starved`: `push`, and ask again */
  find(path: RawText): Entry | undefined | 'starved' {
    for (;;) {
      const head = this.#peek()
      if (head === 'starved' || head === undefined) return head
      const order = comparePaths(head.path, path)
      if (order > 0) return undefined
      this.#head = undefined
      if (order === 0) return head
      this.#passing.missed(head)
    }
  }

  /** Passes all that is left. @returns whether it was there; if not, `push`, and call again */
  drain(): boolean {
    for (;;) {
      const head = this.#peek()
      if (head === 'starved') return false
      if (head === undefined) return true
      this.#head = undefined
      this.#passing.missed(head)
    }
  }

  #peek(): Entry | undefined | 'starved' {
    if (this.#head || this.#ended) return this.#head
    const next = this.#decoder.next()
    if (!next && !this.#decoder.isAtEnd) return 'starved'
    this.#head = next
    this.#ended = next === undefined
    this.#passing.coming(next)
    return next
  }
}
