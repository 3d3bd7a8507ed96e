import type { Entry } from '../entry.ts'
import type { RawText } from '../raw-text.ts'
import type { Outbox, Queued } from './outbox.ts'

const KiB = 1024

/** From here on a file has chunks of its own. */
export const LARGE = 64 * KiB
/** Small files share chunks: a bundle ends with a name that says so, once it has `LARGE`, or at this size at the latest. */
const LARGEST_BUNDLE = 256 * KiB

/**
 * Which files share chunks. A bundle is kept as a whole or not at all; where one of its files changed, the others are read again. It ends where
 * the name of a file says so, so that after a change the next bundles are what they were.
 */
export class Pieces {
  readonly #outbox: Outbox
  #bundle = 0
  /** of the last point's: files that are unchanged so far, one after the other in its content */
  #chain: { files: Queued[]; from: number; to: number } | undefined
  /** unchanged, but to be read, because a file that shares their chunks changed */
  #broken: Queued[] = []

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** The last point's next entry. */
  coming(entry: Entry | undefined): void {
    if (entry && (!entry.data || entry.bundled)) return
    this.#keepChain()
    this.#chain = entry?.data && { files: [], from: entry.data.offset, to: entry.data.offset }
  }

  /** The last point's entry is not here, or changed. */
  missed(entry: Entry): void {
    if (entry.data) this.#breakChain()
  }

  /**
   * @param queued an unchanged file, with the place of its data in the last point
   * @returns `false`: it has to be read
   */
  offer(queued: Queued): boolean {
    const data = queued.entry.data
    if (!data || this.#chain?.to !== data.offset) {
      this.#breakChain()
      return false
    }
    this.#chain.files.push(queued)
    this.#chain.to += data.length
    return true
  }

  /** Something is about to be read: what is begun and not complete cannot be kept any more. */
  interrupt(): void {
    if (this.#chain && this.#chain.files.length > 0) this.#breakChain()
  }

  /** @returns unchanged files that have to be read after all, once */
  takeBroken(): Queued[] {
    if (this.#broken.length === 0) return this.#broken
    const broken = this.#broken
    this.#broken = []
    return broken
  }

  /** Files that wait for the end of their bundle. */
  get held(): number {
    return this.#chain?.files.length ?? 0
  }

  /** Before a file is put: a large one begins a chunk. @returns whether its chunks are those of the file before */
  begin(size: number): boolean {
    if (size >= LARGE) this.endBundle()
    return size < LARGE && this.#bundle > 0
  }

  /**
   * After a file was put.
   * @param size as `begin` was told
   * @param length of its data
   */
  end(name: RawText, size: number, length: number): void {
    this.#bundle += length
    const isEnd = this.#bundle >= LARGE && (endsBundle(name) || this.#bundle >= LARGEST_BUNDLE)
    if (isEnd || size >= LARGE) this.endBundle()
  }

  endBundle(): void {
    if (this.#bundle > 0) this.#outbox.cut()
    this.#bundle = 0
  }

  #keepChain(): void {
    const chain = this.#chain
    this.#chain = undefined
    if (!chain || chain.files.length === 0) return
    this.endBundle()
    this.#outbox.keep(chain.from, chain.to - chain.from, chain.files)
  }

  #breakChain(): void {
    if (this.#chain) this.#broken.push(...this.#chain.files)
    this.#chain = undefined
  }
}

/** One name in eight (FNV-1a). */
const endsBundle = (name: RawText): boolean => {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return ((hash >>> 13) & 7) === 0
}
