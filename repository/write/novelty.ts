/** Chunks whose share counts, roughly. */
const REMEMBERED = 16

/** Guesses by the last chunks whether the next one is new. What is guessed wrong costs time, nothing else. */
export class Novelty {
  #share = 0.5

  /** Most of the last chunks were new, so that it pays to seal the next one before anybody asks whether it is known. */
  get isExpected(): boolean {
    return this.#share > 0.8
  }

  saw(isNew: boolean): void {
    this.#share += ((isNew ? 1 : 0) - this.#share) / REMEMBERED
  }
}
