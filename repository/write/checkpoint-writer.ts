import { asXenkeepError } from '#core/errors/base.ts'
import { ObjectExistsError } from '#core/errors/store.ts'
import { sealObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import { type Checkpoint, checkpointJson, type DiskFacts } from '../format/checkpoint.ts'
import { ID_SIZE, TYPE } from '../format/kinds.ts'
import { checkpointName } from '../format/names.ts'
import { putOnce } from './put-once.ts'

/** A disk, and what it is read from. */
export type SourceDisk = Pick<DiskFacts, 'id' | 'source' | 'size' | 'chunkSize'>

/** What was seen: a chunk in a pack, or (without `id`) a stretch of zero chunks. */
interface Fact {
  disk: SourceDisk
  first: number
  count: number
  id?: Uint8Array
  pack?: string
}

/** In one object: with 64 KiB chunks 1 GiB, about 1 MiB of object. */
const MAX_FACTS = 16_384
/** Checkpoints on their way at once, so that a slow store does not put them off. */
const AT_ONCE = 4
/** Names taken by another attempt of the job at the same time. */
const MAX_TAKEN = 100

/**
 * Tells later attempts of the job what this one has read and sent; docs/repository-format.md, section 10. Nothing rests on a
 * checkpoint, so none that fails makes the job fail.
 */
export class CheckpointWriter {
  readonly #engine: Engine
  readonly #job: Pick<Checkpoint, 'job' | 'vmUuid'>
  readonly #onSent: (bytes: number) => void
  /** Facts whose pack is not sent yet, by pack. Bounded by what fits into packs in memory. */
  readonly #waiting = new Map<string, Fact[]>()
  readonly #ready: Fact[] = []
  /** Packs that were sent and are not told yet, where streams are written: what is in them says the trailer. */
  readonly #packs = new Set<string>()
  #tellsPacks = false
  /** of packs, since the last checkpoint */
  #sentBytes = 0
  #since: number
  #next: number
  readonly #writing = new Set<Promise<void>>()
  #ended = false
  #refused: string | undefined

  /**
   * @param next number that no checkpoint of the job has
   * @param onSent called with the bytes of each checkpoint
   */
  constructor(
    engine: Engine,
    job: Pick<Checkpoint, 'job' | 'vmUuid'>,
    next: number,
    onSent: (bytes: number) => void,
  ) {
    this.#engine = engine
    this.#job = job
    this.#next = next
    this.#onSent = onSent
    this.#since = engine.clock.now()
  }

  /** Why there are no checkpoints, where there are none. */
  get refused(): string | undefined {
    return this.#refused
  }

  /** A stream is being written: an attempt that comes later reads its source again, but need not send what these packs hold. */
  tellPacks(): void {
    this.#tellsPacks = true
  }

  /** @param pack that holds the chunk, or will */
  saw(disk: SourceDisk, chunk: number, id: Uint8Array, pack: string): void {
    if (this.#refused !== undefined) return
    const fact = { disk, first: chunk, count: 1, id, pack }
    if (this.#engine.index.pack(pack)) this.#add(fact)
    else if (!this.#waiting.get(pack)?.push(fact)) this.#waiting.set(pack, [fact])
    this.#perhapsWrite()
  }

  /** @param first number of a chunk; it and the following ones are zero, `count` in all */
  sawZeros(disk: SourceDisk, first: number, count: number): void {
    if (this.#refused !== undefined) return
    this.#add({ disk, first, count })
    this.#perhapsWrite()
  }

  /** The store has acknowledged the pack. */
  sent(pack: string): void {
    const { size = 0, kind } = this.#engine.index.pack(pack) ?? {}
    this.#sentBytes += size
    if (this.#tellsPacks && kind === 'data') this.#packs.add(pack)
    for (const fact of this.#waiting.get(pack) ?? []) this.#add(fact)
    this.#waiting.delete(pack)
    this.#perhapsWrite()
  }

  /** The job stops before its end: one more of what is not told yet. */
  async last(): Promise<void> {
    await this.settle()
    if (!this.#isEmpty && this.#refused === undefined) await this.#write()
  }

  /** Everything is sent: no more of them. */
  async end(): Promise<void> {
    this.#ended = true
    await this.settle()
  }

  /** Waits for what is on its way. */
  async settle(): Promise<void> {
    await Promise.all(this.#writing)
  }

  get #isEmpty(): boolean {
    return this.#ready.length === 0 && this.#packs.size === 0
  }

  #add(fact: Fact): void {
    const before = this.#ready.at(-1)
    const continues =
      !fact.id &&
      before &&
      !before.id &&
      before.disk === fact.disk &&
      before.first + before.count === fact.first
    if (continues) before.count += fact.count
    else this.#ready.push(fact)
  }

  #perhapsWrite(): void {
    const { tuning, clock } = this.#engine
    if (
      this.#ended ||
      this.#writing.size >= AT_ONCE ||
      this.#refused !== undefined ||
      this.#isEmpty
    )
      return
    const due =
      this.#sentBytes >= tuning.checkpointBytes ||
      this.#ready.length >= MAX_FACTS ||
      clock.now() - this.#since >= tuning.checkpointMs
    if (!due) return
    const writing = this.#write().finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }

  async #write(): Promise<void> {
    const facts = this.#ready.splice(0, MAX_FACTS)
    const packs = [...this.#packs]
    this.#packs.clear()
    this.#sentBytes = 0
    this.#since = this.#engine.clock.now()
    try {
      this.#onSent(await this.#put({ ...this.#job, ...checkpointOf(facts, packs) }))
    } catch (error) {
      const { message, retryable } = asXenkeepError(error)
      // The store may have been away for a moment; the facts are as true at the next occasion.
      if (!retryable) this.#refused = message
      else if (this.#ready.length < MAX_FACTS) {
        this.#ready.unshift(...facts)
        for (const pack of packs) this.#packs.add(pack)
      }
    }
  }

  /** @returns bytes of the object */
  async #put(checkpoint: Checkpoint): Promise<number> {
    const { store, keys, random, epoch } = this.#engine
    const json = Buffer.from(canonicalJson(checkpointJson(checkpoint)))
    for (let taken = 0; ; taken++) {
      const key = checkpointName(this.#job.job, this.#next++)
      const object = await sealObject(keys, random, { key, type: TYPE.checkpoint, epoch }, json)
      try {
        await putOnce(store, key, [object])
        return object.length
      } catch (error) {
        if (!(error instanceof ObjectExistsError) || taken === MAX_TAKEN) throw error
      }
    }
  }
}

const checkpointOf = (
  facts: readonly Fact[],
  sent: readonly string[],
): Pick<Checkpoint, 'packs' | 'disks'> => {
  const disks = new Set(facts.map(({ disk }) => disk))
  return {
    packs: [...new Set([...sent, ...facts.flatMap(({ pack }) => pack ?? [])])].sort(),
    disks: [...disks].map(disk => {
      const ours = facts.filter(fact => fact.disk === disk)
      const chunks = ours.filter(({ id }) => id)
      const ids = new Uint8Array(chunks.length * ID_SIZE)
      chunks.forEach(({ id }, i) => {
        ids.set(id as Uint8Array, i * ID_SIZE)
      })
      return {
        ...disk,
        zeros: Uint32Array.from(
          ours.filter(({ id }) => !id).flatMap(({ first, count }) => [first, count]),
        ),
        chunks: Uint32Array.from(chunks, ({ first }) => first),
        ids,
      }
    }),
  }
}
