import { isDamage } from '#core/errors/repository.ts'
import { copyInto } from '#repository/format/bytes.ts'
import type { ContentReader } from './content-reader.ts'
import type { Finishing } from './finishing.ts'
import type { Item } from './item.ts'
import type { Outcome } from './outcome.ts'
import { noOutcome } from './outcome.ts'
import type { RestoreThread } from './restore-threads.ts'
import type { Packed } from './thread-protocol.ts'

/** Small files travel together; larger ones in parts of their own. */
const PACK = { bytes: 1024 * 1024, items: 256, largest: 512 * 1024 }

interface Options {
  threads: readonly RestoreThread[]
  reader: ContentReader
  finishing: Finishing
  /** Gets what became of what was sent. */
  took: (outcome: Outcome) => void
  /** Gets what ended the work of a thread. */
  failed: (error: unknown) => void
  /** bytes of the content that are dealt with */
  read: (bytes: number) => void
}

/** Reads the content in its order and hands it to the threads that write: small files by the pack, each large one to one thread. */
export class Distributor {
  readonly #options: Options
  #packed: Packed[] = []
  #data: Uint8Array<ArrayBuffer> | undefined
  #filled = 0
  #ticket = 0

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * @param until bytes of the content up to which it is likely to be read on
   * @throws what the store throws, damage apart: that fails the file
   */
  async add(item: Item, until: number): Promise<void> {
    const { data } = item.entry
    const length = data?.length ?? 0
    try {
      if (length > PACK.largest) await this.#sendLarge(item, until)
      else await this.#pack(item, until)
    } catch (error) {
      if (!isDamage(error)) throw error
      const { path } = item.entry
      const { code, problem: why } = error
      this.#options.took({ ...noOutcome(), failed: [{ path, code, why, damaged: true }] })
    }
    this.#options.read(length)
  }

  /** Sends what is packed. */
  async flush(): Promise<void> {
    if (this.#packed.length === 0) return
    const [packed, data, ticket] = [this.#packed, this.#data, this.#ticket]
    this.#packed = []
    this.#data = undefined
    const thread = await this.#thread()
    const request = { op: 'make', packed, data: data ?? new Uint8Array(0) } as const
    this.#follow(thread.ask(request, data?.buffer), ticket)
  }

  async #pack(item: Item, until: number): Promise<void> {
    const { data } = item.entry
    const length = data?.length ?? 0
    if (this.#packed.length >= PACK.items || this.#filled + length > PACK.bytes) await this.flush()
    if (this.#packed.length === 0) {
      this.#ticket = this.#options.finishing.begin()
      this.#filled = 0
    }
    const at = this.#filled
    if (data) {
      this.#data ??= new Uint8Array(PACK.bytes)
      const into = this.#data
      let filled = at
      try {
        await this.#options.reader.read({ ...data, until }, bytes => {
          copyInto(into, filled, bytes)
          filled += bytes.length
        })
      } catch (error) {
        // A ticket without a pack would hold up what waits behind it.
        if (this.#packed.length === 0) this.#options.finishing.end(this.#ticket)
        throw error
      }
      this.#filled = filled
    }
    this.#packed.push({ item, at, length })
  }

  async #sendLarge(item: Item, until: number): Promise<void> {
    const { reader, finishing } = this.#options
    const { data } = item.entry
    if (!data) return
    const number = finishing.begin()
    const thread = await this.#thread()
    const follow = (answer: ReturnType<RestoreThread['ask']>) => this.#follow(answer, undefined)
    follow(thread.ask({ op: 'begin', number, item }))
    let from = 0
    try {
      await reader.read({ ...data, until }, async bytes => {
        await thread.room()
        const copy = new Uint8Array(bytes.length)
        copyInto(copy, 0, bytes)
        follow(thread.ask({ op: 'append', number, from, data: copy }, copy.buffer))
        from += bytes.length
      })
    } catch (error) {
      this.#follow(thread.ask({ op: 'abandon', number }), number)
      throw error
    }
    this.#follow(thread.ask({ op: 'end', number }), number)
  }

  /** @returns the one with least to do, when it has room */
  async #thread(): Promise<RestoreThread> {
    const [first, ...others] = this.#options.threads as [RestoreThread, ...RestoreThread[]]
    const idlest = others.reduce((least, each) => (each.load < least.load ? each : least), first)
    await idlest.room()
    return idlest
  }

  #follow(answer: ReturnType<RestoreThread['ask']>, ticket: number | undefined): void {
    const { took, failed, finishing } = this.#options
    answer.then(
      ({ outcome }) => {
        if (outcome) took(outcome)
        if (ticket !== undefined) finishing.end(ticket)
      },
      error => failed(error),
    )
  }
}
