import type { CompressionLevel } from '../crypto/compress.ts'

/** Weight of one chunk in the running share: about the last 32 count. */
const WEIGHT = 1 / 32
/** Chunks that a choice stands at least, so that it is not its own noise that the next one follows. */
const STANDS = 128
const STORE_IS_SLOW = 0.5
const STORE_KEEPS_UP = 0.05

/**
 * Which zstd level is worth its CPU. A chunk that has to wait until a pack is gone waits for the store: while most do, level 3
 * costs no time and sends less. Once hardly any does, the CPU or the source sets the pace, and level 1 is right.
 */
export class LevelChooser {
  readonly #fixed: CompressionLevel | undefined
  #level: CompressionLevel = 1
  #waiting = 0
  #since = 0

  /** @param setting a level to keep, or `auto` */
  constructor(setting: CompressionLevel | 'auto') {
    this.#fixed = setting === 'auto' ? undefined : setting
  }

  get level(): CompressionLevel {
    return this.#fixed ?? this.#level
  }

  /** @param waited whether a chunk had to wait for the store before it was compressed */
  saw(waited: boolean): void {
    this.#waiting += ((waited ? 1 : 0) - this.#waiting) * WEIGHT
    this.#since++
    if (this.#since < STANDS) return
    const next =
      this.#waiting > STORE_IS_SLOW ? 3 : this.#waiting < STORE_KEEPS_UP ? 1 : this.#level
    if (next === this.#level) return
    this.#level = next
    this.#since = 0
  }
}
