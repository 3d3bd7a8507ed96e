import type { Engine } from '../engine.ts'
import { packName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import { inParallel } from '../read/in-parallel.ts'

/**
 * Before a job relies on a pack that it did not write and that its base does not need, the store has to show it, once: the
 * local table may be older than a loss.
 */
export class PackPresence {
  readonly #engine: Pick<Engine, 'store' | 'index' | 'tuning'>
  readonly #known = new Map<string, Promise<boolean>>()

  constructor(engine: Pick<Engine, 'store' | 'index' | 'tuning'>) {
    this.#engine = engine
  }

  /** It needs no look: the base names it, or we have just sent it. */
  trust(ulid: string): void {
    this.#known.set(ulid, Promise.resolve(true))
  }

  /** The collector has condemned them: what is there today may be gone before the commit. */
  avoid(ulids: Iterable<string>): void {
    for (const ulid of ulids) this.#known.set(ulid, Promise.resolve(false))
  }

  /** Looks at each, whoever names it. @returns those that the store does not show, or not at their size; nothing relies on them from here on */
  async goneOf(ulids: Iterable<string>): Promise<Set<string>> {
    const gone = new Set<string>()
    await inParallel(this.#engine.tuning.requests, ulids, async ulid => {
      if (await this.#look(ulid)) return
      gone.add(ulid)
      this.avoid([ulid])
    })
    return gone
  }

  isPresent(ulid: string): Promise<boolean> {
    let answer = this.#known.get(ulid)
    if (!answer) {
      answer = this.#look(ulid)
      this.#known.set(ulid, answer)
      // A look that failed for reasons of the network is no answer.
      answer.catch(() => this.#known.delete(ulid))
    }
    return answer
  }

  async #look(ulid: string): Promise<boolean> {
    const { store, index } = this.#engine
    const pack = index.pack(ulid) as PackRef | undefined
    if (!pack) return false
    const stat = await store.stat(packName(pack.kind, ulid))
    if (stat?.size === pack.size) return true
    index.removePack(ulid)
    return false
  }
}
