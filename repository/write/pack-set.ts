import type { IndexTable } from '../index/table.ts'

/**
 * The packs that one disk or stream needs, with the number of map positions each serves; docs/repository-format.md, section 8. Counting
 * instead of walking the whole map keeps an increment as small as its changes. References never undercount.
 */
export class PackSet {
  readonly #uses: Map<string, number>
  readonly #index: Pick<IndexTable, 'packsOf'>
  readonly #releases: boolean

  /** @param unknown packs that nobody can read any more, left out. Which positions they served cannot be told: then nothing is released */
  constructor(
    index: Pick<IndexTable, 'packsOf'>,
    uses: Iterable<readonly [string, number]> = [],
    unknown: ReadonlySet<string> = new Set(),
  ) {
    this.#index = index
    this.#uses = new Map([...uses].filter(([ulid]) => !unknown.has(ulid)))
    this.#releases = unknown.size === 0
  }

  get uses(): ReadonlyMap<string, number> {
    return this.#uses
  }

  has(ulid: string): boolean {
    return this.#uses.has(ulid)
  }

  retain(ulid: string): void {
    this.#uses.set(ulid, (this.#uses.get(ulid) ?? 0) + 1)
  }

  /**
   * A position of the map does not name `id` any more. With one pack of the set holding it, that one served it. With several we
   * cannot tell which one counted, and keep all: too many packs cost room, too few would cost the point.
   */
  release(id: Uint8Array): void {
    if (!this.#releases) return
    const holders = this.#index.packsOf(id).filter(ulid => this.#uses.has(ulid))
    const [only] = holders
    if (only === undefined || holders.length > 1) return
    const left = (this.#uses.get(only) as number) - 1
    if (left > 0) this.#uses.set(only, left)
    else this.#uses.delete(only)
  }
}

/** @returns for each pack the references of both */
export const sumOf = (
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): Map<string, number> => {
  const sum = new Map(a)
  for (const [ulid, references] of b) sum.set(ulid, (sum.get(ulid) ?? 0) + references)
  return sum
}
