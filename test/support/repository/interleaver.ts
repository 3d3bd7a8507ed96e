import { setImmediate } from 'node:timers/promises'
import type { MaintenanceStore, Random } from '#core/ports.ts'

interface Step {
  actor: string
  what: string
  go: () => void
}

/** Where standing still is most likely to show a mistake in the protocol. */
const CRITICAL = /^(put (intents|points|gc)|list gc)\//

/** Chooses by a seed. */
export const chooser = (random: Random) => {
  const below = (n: number): number => Buffer.from(random.bytes(4)).readUInt32LE(0) % n
  return {
    below,
    chance: (percent: number): boolean => below(100) < percent,
    pick: <T>(from: readonly T[]): T => from[below(from.length)] as T,
  }
}
export type Chooser = ReturnType<typeof chooser>

/**
 * Runs actors so that just one of their calls to the store takes effect at a time, in an order drawn from a seed. An actor can be made to
 * stand still for many steps of the others, at any of its calls, or for ever.
 */
export class Interleaver {
  readonly trace: string[] = []
  readonly #choose: Chooser
  readonly #between: () => void
  readonly #steps: Step[] = []
  readonly #running = new Set<string>()
  readonly #asleep = new Map<string, number>()
  readonly #dead = new Set<string>()
  #failure: unknown

  /** @param between called before each step: time goes on here */
  constructor(choose: Chooser, between: () => void) {
    this.#choose = choose
    this.#between = between
  }

  /** @returns a store whose every call waits for its turn; of a listing also some of its items */
  store(store: MaintenanceStore, actor: string): MaintenanceStore {
    const turn = (what: string) => this.#turn(actor, what)
    const choose = this.#choose
    async function* each<T>(what: string, items: AsyncIterable<T>) {
      await turn(what)
      for await (const item of items) {
        if (choose.chance(5)) await turn(`${what}…`)
        yield item
      }
    }
    const call =
      <A extends [string, ...unknown[]], R>(name: string, work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await turn(`${name} ${args[0]}`)
        return work(...args)
      }
    return {
      address: store.address,
      put: call('put', store.put),
      get: call('get', store.get),
      stat: call('stat', store.stat),
      retain: call('retain', store.retain),
      retention: call('retention', store.retention),
      getVersion: call('getVersion', store.getVersion),
      remove: call('remove', store.remove),
      supersede: call('supersede', store.supersede),
      lockSupport: () => store.lockSupport(),
      list: (prefix, options) => each(`list ${prefix}`, store.list(prefix, options)),
      versions: (prefix, options) => each(`versions ${prefix}`, store.versions(prefix, options)),
    }
  }

  start(actor: string, work: () => Promise<void>): void {
    this.#running.add(actor)
    work()
      .catch(error => {
        this.#failure ??= new Error(`${actor} failed`, { cause: error })
      })
      .finally(() => this.#running.delete(actor))
  }

  /** Until every actor has ended that is not dead. */
  async run(): Promise<void> {
    for (;;) {
      await this.#settle()
      if (this.#failure) throw this.#failure
      if ([...this.#running].every(actor => this.#dead.has(actor))) return
      const alive = this.#steps.filter(({ actor }) => !this.#dead.has(actor))
      const awake = alive.filter(({ actor }) => !this.#asleep.has(actor))
      const step = this.#choose.pick(awake.length > 0 ? awake : alive)
      for (const [actor, left] of this.#asleep)
        if (left <= 1 || actor === step.actor) this.#asleep.delete(actor)
        else this.#asleep.set(actor, left - 1)
      if (this.#choose.chance(CRITICAL.test(step.what) ? 25 : 2)) {
        // Most wake up when the others have got far; some never do.
        if (this.#choose.chance(5) && step.actor !== this.#lastAlive()) this.#dead.add(step.actor)
        else this.#asleep.set(step.actor, this.#choose.pick([20, 80, 150, 1_000_000]))
        continue
      }
      this.#steps.splice(this.#steps.indexOf(step), 1)
      this.#between()
      this.trace.push(`${step.actor}: ${step.what}`)
      step.go()
    }
  }

  #lastAlive(): string | undefined {
    const alive = [...this.#running].filter(actor => !this.#dead.has(actor))
    return alive.length === 1 ? alive[0] : undefined
  }

  #turn(actor: string, what: string): Promise<void> {
    return new Promise(go => {
      this.#steps.push({ actor, what, go })
    })
  }

  /** Every actor waits for its turn, and nothing is being computed in between. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      const before = this.#steps.length
      await setImmediate()
      const waiting = new Set(this.#steps.map(({ actor }) => actor))
      const busy = [...this.#running].some(actor => !waiting.has(actor))
      quiet = busy || this.#steps.length !== before ? 0 : quiet + 1
    }
  }
}
