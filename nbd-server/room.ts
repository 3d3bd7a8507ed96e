/** A number of things that may be used at once; who finds too few waits in line. */
export class Room {
  readonly #total: number
  #free: number
  readonly #waiting: { amount: number; enter: () => void }[] = []

  constructor(total: number) {
    this.#total = total
    this.#free = total
  }

  /** @param amount more than there is counts as all of it */
  async take(amount: number): Promise<void> {
    const wanted = Math.min(amount, this.#total)
    if (this.#waiting.length === 0 && wanted <= this.#free) {
      this.#free -= wanted
      return
    }
    await new Promise<void>(enter => this.#waiting.push({ amount: wanted, enter }))
  }

  /** @param amount as it was taken */
  give(amount: number): void {
    this.#free += Math.min(amount, this.#total)
    for (let next = this.#waiting[0]; next && next.amount <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#free -= next.amount
      next.enter()
    }
  }

  async use(amount: number, work: () => Promise<void>): Promise<void> {
    await this.take(amount)
    try {
      await work()
    } finally {
      this.give(amount)
    }
  }
}
