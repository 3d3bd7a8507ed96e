/** Notices reads that go on where an earlier one ended. */
export class Sequences {
  readonly #limits: { readAhead: number; sequences: number }
  /** the last one to go on comes last */
  #rows: { end: number; length: number }[] = []

  /** @param limits `readAhead` in bytes; `sequences`: rows that are told apart */
  constructor(limits: { readAhead: number; sequences: number }) {
    this.#limits = limits
  }

  /** @returns bytes worth fetching behind this read: as many as were read in its row before it, up to the limit */
  ahead(offset: number, length: number): number {
    const row = this.#rows.find(({ end }) => end === offset)
    const before = row?.length ?? 0
    const others = this.#rows.filter(each => each !== row)
    this.#rows = [...others, { end: offset + length, length: before + length }].slice(
      -this.#limits.sequences,
    )
    return Math.min(before, this.#limits.readAhead)
  }
}
