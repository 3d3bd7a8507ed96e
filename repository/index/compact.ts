import { isDamage, ObjectDamagedError } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { decodeSegment, type IndexSegment } from '../format/index-segment.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseSegmentName, segmentName } from '../format/names.ts'
import { lockedUntil, removeVersions } from '../gc/remove-versions.ts'
import { writeSegment } from '../write/commit.ts'

export interface CompactLimits {
  /** Fewer small segments than this are left as they are. */
  from: number
  /** bytes of a compacted segment, about: it is read whole into memory; one of half as many is not small any more */
  bytes: number
  /** compacted segments written by one run, at most */
  segments: number
}

export interface Compacted {
  written: number
  removed: number
  /** entries of packs that are gone */
  dropped: number
}

/** Locks end in the order in which they were set: after so many in a row the rest is locked too. */
const LOCKED_IN_A_ROW = 16
/** Full segments that one run looks into, drawn by lot: over time each comes to its turn. */
const INSPECTED = 4
/** A full segment is written anew when this share of its packs is gone. */
const GONE = 1 / 4

interface Listed {
  ulid: string
  size: number
  versions: ObjectVersion[]
}

/**
 * Makes few large segments of many small ones, without the packs that are gone; docs/repository-format.md, section 9. In two halves, with a
 * listing of all packs in between: what was in it when the segments had been listed is there.
 */
export class IndexCompaction {
  readonly #engine: Engine
  readonly #store: MaintenanceStore
  readonly #now: number
  readonly #groups: Listed[][] = []
  readonly #asked = new Set<string>()
  readonly #there = new Set<string>()

  /** @param now the store's time */
  constructor(engine: Engine, store: MaintenanceStore, now: number) {
    this.#engine = { ...engine, store }
    this.#store = store
    this.#now = now
  }

  /** Lists the segments, chooses some and reads which packs they name. */
  async begin({ from, bytes, segments }: CompactLimits): Promise<void> {
    const all = await this.#list()
    const small: Listed[] = []
    let locked = 0
    for (const segment of all.filter(({ size }) => size < bytes / 2)) {
      if (locked >= LOCKED_IN_A_ROW) break
      if (await this.#isLocked(segment)) locked++
      else {
        locked = 0
        small.push(segment)
      }
    }
    let group: Listed[] = []
    let size = 0
    for (const segment of small) {
      if (this.#groups.length >= segments) break
      group.push(segment)
      size += segment.size
      if (size < bytes) continue
      this.#groups.push(group)
      group = []
      size = 0
    }
    if (group.length >= from && this.#groups.length < segments) this.#groups.push(group)
    for (const segment of this.#draw(all.filter(each => each.size >= bytes / 2)))
      if (!(await this.#isLocked(segment))) this.#groups.push([segment])
    for (const segment of this.#groups.flat())
      for (const { ulid } of (await this.#read(segment))?.packs ?? []) this.#asked.add(ulid)
  }

  /** Of a listing that began after `begin`. */
  saw(pack: string): void {
    if (this.#asked.has(pack)) this.#there.add(pack)
  }

  /** Writes the new segments, each as soon as it can be read back in place of those it repeats. */
  async finish(): Promise<Compacted> {
    const result: Compacted = { written: 0, removed: 0, dropped: 0 }
    for (const group of this.#groups) {
      const packs = new Map<string, IndexSegment['packs'][number]>()
      const read: Listed[] = []
      const gone = new Set<string>()
      for (const segment of group) {
        const found = await this.#read(segment)
        if (!found) continue
        read.push(segment)
        for (const pack of found.packs)
          if (this.#there.has(pack.ulid)) packs.set(pack.ulid, pack)
          else gone.add(pack.ulid)
      }
      const [only, ...others] = read
      if (!only) continue
      if (others.length === 0 && gone.size <= GONE * (packs.size + gone.size)) continue
      if (packs.size > 0) {
        await this.#write([...packs.values()], read)
        result.written++
      }
      for (const { versions } of read)
        if ((await removeVersions(this.#store, versions, this.#now)) === undefined) result.removed++
      result.dropped += gone.size
    }
    return result
  }

  async #write(packs: IndexSegment['packs'], old: Listed[]): Promise<void> {
    const engine = this.#engine
    const { ulid } = await writeSegment(
      engine,
      packs.map(({ trailer, ...pack }) => ({ ...pack, trailerPlaintext: trailer })),
      old.map(segment => segment.ulid),
    )
    const back = await this.#read({ ulid })
    if (back?.packs.length !== packs.length)
      throw new ObjectDamagedError(segmentName(ulid), 'it is not what was just written')
  }

  async #list(): Promise<Listed[]> {
    const segments = new Map<string, Listed>()
    for await (const version of this.#store.versions(PREFIX.index)) {
      const ulid = parseSegmentName(version.key)
      if (!ulid) continue
      const known = segments.get(ulid)
      if (known) known.versions.push(version)
      // What somebody has hidden is left alone.
      else if (!version.deleteMarker)
        segments.set(ulid, { ulid, size: version.size, versions: [version] })
    }
    return [...segments.values()]
  }

  #isLocked({ ulid }: Listed): Promise<boolean> {
    return lockedUntil(this.#store, { key: segmentName(ulid) }, this.#now).then(
      until => until !== undefined,
    )
  }

  #draw(full: Listed[]): Listed[] {
    const left = [...full]
    const drawn: Listed[] = []
    while (left.length > 0 && drawn.length < INSPECTED) {
      const lot = Buffer.from(this.#engine.random.bytes(4)).readUInt32LE() % left.length
      drawn.push(...left.splice(lot, 1))
    }
    return drawn
  }

  /** @returns `undefined` for one that cannot be read, which then stays, or that another collector has replaced */
  async #read({ ulid }: Pick<Listed, 'ulid'>): Promise<IndexSegment | undefined> {
    const key = segmentName(ulid)
    try {
      const bytes = await this.#store.get(key)
      return await openObject(this.#engine.keys, { key, type: TYPE.segment }, bytes, decodeSegment)
    } catch (error) {
      if (isDamage(error) || error instanceof ObjectNotFoundError) return undefined
      throw error
    }
  }
}
