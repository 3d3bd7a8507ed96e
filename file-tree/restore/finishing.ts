import type { Item } from './item.ts'

const AT_ONCE = 500 // items

/** What has to wait until everything that was begun before it is done: second names of files, and the attributes of folders. Keeps the order. */
export class Finishing {
  readonly #send: (items: Item[]) => void
  readonly #queue: { after: number; item: Item }[] = []
  /** what is at work, in the order in which it was begun */
  readonly #atWork = new Set<number>()
  #last = 0

  constructor(send: (items: Item[]) => void) {
    this.#send = send
  }

  /** Something is begun. @returns what to end it by */
  begin(): number {
    this.#last++
    this.#atWork.add(this.#last)
    return this.#last
  }

  end(number: number): void {
    this.#atWork.delete(number)
    this.#sendReady()
  }

  add(item: Item): void {
    this.#queue.push({ after: this.#last, item })
    if (this.#queue.length >= AT_ONCE) this.#sendReady()
  }

  /** Nothing more comes. Call it when nothing is at work. */
  flush(): void {
    this.#sendReady()
  }

  #sendReady(): void {
    const [oldest = Number.POSITIVE_INFINITY] = this.#atWork
    let ready = 0
    while (ready < this.#queue.length && (this.#queue[ready]?.after ?? 0) < oldest) ready++
    for (let left = ready; left > 0; left -= AT_ONCE)
      this.#send(this.#queue.splice(0, Math.min(left, AT_ONCE)).map(({ item }) => item))
  }
}
