import type { Clock } from '#core/ports.ts'

/**
 * The store's time, by which it ends locks: told once, then carried on with our own clock. An agent with a wrong clock would
 * otherwise lock too briefly, or for years too long, which in compliance mode nobody could take back.
 */
export class StoreTime {
  readonly #clock: Clock
  #ahead = 0 // ms

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param time the store's, just now; `undefined` where it does not tell: then our clock has to be right */
  learn(time: number | undefined): void {
    if (time !== undefined) this.#ahead = time - this.#clock.now()
  }

  now(): number {
    return this.#clock.now() + this.#ahead
  }
}
