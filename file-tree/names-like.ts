import { type RawText, readable } from './raw-text.ts'

const SHOWN = 3

/** Keeps the names of a folder that look most like one that is not there. */
export class NamesLike {
  readonly #wanted: string
  readonly #found: { name: string; distance: number }[] = []

  constructor(wanted: RawText) {
    this.#wanted = readable(wanted).toLowerCase()
  }

  offer(name: RawText): void {
    const shown = readable(name)
    const distance = distanceOf(this.#wanted, shown.toLowerCase())
    if (distance > Math.max(1, Math.floor(this.#wanted.length / 3))) return
    this.#found.push({ name: shown, distance })
    this.#found.sort((a, b) => a.distance - b.distance)
    this.#found.length = Math.min(this.#found.length, SHOWN)
  }

  /** @returns the likest first */
  best(): string[] {
    return this.#found.map(({ name }) => name)
  }
}

const LONGEST = 64 // characters; more would take long, and nobody mistypes one of them

/** Levenshtein's. */
const distanceOf = (a: string, b: string): number => {
  if (a.length > LONGEST || b.length > LONGEST) return a === b ? 0 : Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same))
    }
    row = next
  }
  return row[b.length] ?? 0
}
