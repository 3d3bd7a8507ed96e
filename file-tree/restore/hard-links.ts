import type { Entry } from '../entry.ts'
import type { RawText } from '../raw-text.ts'

/** The first name of each file that has several: where it was restored to, or, where it was not, what it is. */
export class HardLinks {
  readonly #firsts = new Map<RawText, { at: RawText } | { entry: Entry }>()

  /** It is there, or will be before what comes now is linked to it. */
  restored({ path, nlink, hardLinkTo, type }: Entry): void {
    if (nlink > 1 && type !== 'dir' && hardLinkTo === undefined)
      this.#firsts.set(path, { at: path })
  }

  /** It is not part of what is restored, or something else stands in its place. */
  absent(entry: Entry): void {
    if (entry.nlink > 1 && entry.type !== 'dir' && entry.hardLinkTo === undefined)
      this.#firsts.set(entry.path, { entry })
  }

  /**
   * @returns the entry with the first name that is there, or as a file of its own where there is none: that is the first name then.
   *   None where the point says nothing of the file
   */
  resolve(entry: Entry): Entry | undefined {
    const original = entry.hardLinkTo
    if (original === undefined) return entry
    const first = this.#firsts.get(original)
    if (!first) return undefined
    if ('at' in first) return { ...entry, hardLinkTo: first.at }
    this.#firsts.set(original, { at: entry.path })
    return { ...first.entry, path: entry.path }
  }
}
