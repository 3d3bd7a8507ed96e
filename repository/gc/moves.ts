import { isDamage } from '#core/errors/repository.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Keys } from '../crypto/keys.ts'
import { openObject } from '../crypto/sealed-object.ts'
import { decodeMove, type Move } from '../format/collector.ts'
import { TYPE } from '../format/kinds.ts'
import { type MoveStage, moveName, PREFIX, parseMoveName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import type { Point, PointDisk } from '../point.ts'
import { inParallel } from '../read/in-parallel.ts'

interface Reading {
  keys: Keys
  store: Pick<ObjectStore, 'get' | 'list'>
}

interface Entry {
  /** whose needs were copied */
  intents: ReadonlySet<string>
  /** `undefined`: nothing in the pack was needed */
  to: PackRef | undefined
}

/**
 * Where the records of rewritten packs went; docs/repository-format.md, section 10.2. What is in the store never changes, so it is read
 * once.
 */
export class Moves {
  readonly #read = new Set<number>()
  readonly #entries = new Map<string, Entry>()
  readonly #sources = new Map<string, PackRef[]>()

  /**
   * One listing, and a GET for each rewrite that is new to us.
   * @returns whether there was one
   * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`
   */
  async refresh(engine: Reading): Promise<boolean> {
    const numbers: number[] = []
    for await (const { key } of engine.store.list(PREFIX.moved)) {
      const name = parseMoveName(key)
      if (name) numbers.push(name.n)
    }
    return this.learn(engine, numbers)
  }

  /** As `refresh`, for readers: what cannot be read may be none of their business. */
  async tryRefresh(engine: Reading): Promise<boolean> {
    try {
      return await this.refresh(engine)
    } catch (error) {
      if (!isDamage(error)) throw error
      return false
    }
  }

  /** @param numbers of rewrites that are done, from a listing. Throws as `refresh`. */
  async learn(engine: Reading, numbers: Iterable<number>): Promise<boolean> {
    const fresh = [...numbers].filter(n => !this.#read.has(n))
    await inParallel(8, fresh, async n => {
      const { intents, packs, targets } = await readMove(engine, 'moved', n)
      const covered = new Set(intents)
      const sizes = new Map(targets.map(({ pack, size }) => [pack, size]))
      for (const { pack, kind, to } of packs) {
        const size = to === undefined ? undefined : sizes.get(to)
        const target = to === undefined ? undefined : { ulid: to, kind, size: size ?? 0 }
        this.#entries.set(pack, { intents: covered, to: target })
        if (target) {
          const source = { ulid: pack, kind, size: 0 }
          this.#sources.set(target.ulid, [...(this.#sources.get(target.ulid) ?? []), source])
        }
      }
      this.#read.add(n)
    })
    return fresh.length > 0
  }

  /** Packs that were rewritten: nothing new may rely on them. */
  get rewritten(): Iterable<string> {
    return this.#entries.keys()
  }

  /** @returns whether everything that the writer of this intent needs of the pack is in another one */
  covers(ulid: string, intent: string | undefined): boolean {
    return intent !== undefined && this.#entries.get(ulid)?.intents.has(intent) === true
  }

  /** @returns what the pack went into, whoever needs it */
  next(ulid: string): { to: PackRef | undefined } | undefined {
    return this.#entries.get(ulid)
  }

  /** @returns the packs that went into this one */
  sources(ulid: string): PackRef[] {
    return this.#sources.get(ulid) ?? []
  }

  /** @returns where to find what the writer of the intent needs of the pack now; `undefined`: it needs nothing of it */
  resolve(pack: PackRef, intent: string | undefined): PackRef | undefined {
    let at: PackRef | undefined = pack
    while (at && this.covers(at.ulid, intent)) at = this.next(at.ulid)?.to
    return at
  }

  /** @returns the point with the packs that it needs now */
  resolvePoint(point: Point): Point {
    const { intent } = point
    if (this.#entries.size === 0) return point
    if (![...point.packs.keys()].some(ulid => this.covers(ulid, intent))) return point
    const packs = new Map<string, PackRef>()
    const went = new Map<string, PackRef | undefined>()
    for (const pack of point.packs.values()) {
      const now = this.resolve(pack, intent)
      went.set(pack.ulid, now)
      if (now) packs.set(now.ulid, now)
    }
    const usesOf = <T extends Pick<PointDisk, 'packs'>>(part: T): T => {
      const uses = new Map<string, number>()
      for (const [ulid, references] of part.packs) {
        const now = went.get(ulid)
        // Of two packs that became one: the sum, so that it never undercounts.
        if (now) uses.set(now.ulid, (uses.get(now.ulid) ?? 0) + references)
      }
      return { ...part, packs: uses }
    }
    return { ...point, packs, disks: point.disks.map(usesOf), streams: point.streams.map(usesOf) }
  }
}

/** @throws `OBJECT_NOT_FOUND`, `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` */
export const readMove = async (
  { keys, store }: { keys: Keys; store: Pick<ObjectStore, 'get'> },
  stage: MoveStage,
  n: number,
): Promise<Move> => {
  const key = moveName(stage, n)
  return openObject(keys, { key, type: TYPE.collector }, await store.get(key), decodeMove)
}
