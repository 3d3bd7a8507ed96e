/** An open pack, or whatever else holds bytes that nothing but closing it frees. */
export interface Closable {
  /** bytes that closing would free, 0 when there is nothing to close */
  size(): number
  close(): void
}

/** Bytes taken from the budget; they go back by `release`, once. */
export class Permit {
  #bytes: number
  #parked = false
  readonly #budget: ByteBudget
  readonly #kind: 'read' | 'write'

  constructor(budget: ByteBudget, bytes: number, kind: 'read' | 'write') {
    this.#budget = budget
    this.#bytes = bytes
    this.#kind = kind
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Gives back all above `bytes`. */
  shrink(bytes: number): void {
    const freed = this.#bytes - bytes
    if (freed <= 0) return
    this.#bytes = bytes
    this.#budget.giveBack(freed, this.#isWorking ? freed : 0)
  }

  /** The bytes wait in an open pack: nothing frees them but closing it. */
  park(): void {
    if (this.#parked) return
    const working = this.#isWorking ? this.#bytes : 0
    this.#parked = true
    this.#budget.giveBack(0, working)
  }

  /** The pack was closed: the bytes come back by themselves. */
  unpark(): void {
    if (!this.#parked) return
    this.#parked = false
    this.#budget.addWorking(this.#bytes)
  }

  release(): void {
    this.shrink(0)
  }

  get #isWorking(): boolean {
    return this.#kind === 'write' && !this.#parked
  }
}

/**
 * One budget for read buffers, chunk work and packs on their way: who finds nothing left waits in line. Where all that is
 * left waits in open packs, those are closed, so that many slow streams with a pack each cannot block one another.
 */
export class ByteBudget {
  readonly total: number
  #free: number
  #working = 0
  readonly #waiting: { bytes: number; kind: 'read' | 'write'; resolve: (p: Permit) => void }[] = []
  readonly #closables = new Set<Closable>()

  constructor(total: number) {
    this.total = total
    this.#free = total
  }

  /** bytes in use */
  get used(): number {
    return this.total - this.#free
  }

  /** @param bytes more than the whole budget counts as the whole budget */
  take(bytes: number, kind: 'read' | 'write' = 'write'): Promise<Permit> {
    const wanted = Math.min(bytes, this.total)
    if (this.#waiting.length === 0 && wanted <= this.#free)
      return Promise.resolve(this.#grant(wanted, kind))
    const granted = new Promise<Permit>(resolve => {
      this.#waiting.push({ bytes: wanted, kind, resolve })
    })
    this.#relieve()
    return granted
  }

  /** @returns `undefined` where it would have to wait: for what is merely useful, as reading ahead */
  tryTake(bytes: number, kind: 'read' | 'write' = 'read'): Permit | undefined {
    const wanted = Math.min(bytes, this.total)
    return this.#waiting.length === 0 && wanted <= this.#free
      ? this.#grant(wanted, kind)
      : undefined
  }

  /** Takes without waiting, beyond the total if need be: for the one step without which nothing would ever come back. */
  force(bytes: number, kind: 'read' | 'write' = 'read'): Permit {
    return this.#grant(bytes, kind)
  }

  /** @param closable is closed when only open packs are left to give way, and none is larger */
  onPressure(closable: Closable): () => void {
    this.#closables.add(closable)
    return () => this.#closables.delete(closable)
  }

  giveBack(bytes: number, working: number): void {
    this.#free += bytes
    this.#working -= working
    for (let next = this.#waiting[0]; next && next.bytes <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift()
      next.resolve(this.#grant(next.bytes, next.kind))
    }
    this.#relieve()
  }

  addWorking(bytes: number): void {
    this.#working += bytes
  }

  #grant(bytes: number, kind: 'read' | 'write'): Permit {
    this.#free -= bytes
    if (kind === 'write') this.#working += bytes
    return new Permit(this, bytes, kind)
  }

  /** One pack at a time, the largest: with many jobs none would ever get to a good size if all were closed together. */
  #relieve(): void {
    while (this.#waiting.length > 0 && this.#working === 0) {
      let largest: Closable | undefined
      let most = 0
      for (const closable of this.#closables) {
        const size = closable.size()
        if (size > most) [largest, most] = [closable, size]
      }
      if (!largest) return
      largest.close()
    }
  }
}
