import { hex } from '../format/bytes.ts'
import type { IndexTable } from '../index/table.ts'
import type { Finding } from './report.ts'

/** What is known to be bad: whole packs, and single records. */
export class Health {
  readonly #packs = new Map<string, Finding>()
  readonly #records = new Map<string, Finding>()
  readonly #struck = new Set<string>()
  readonly #index: Pick<IndexTable, 'packsOf'>
  readonly #exists: (ulid: string) => boolean

  /** @param exists whether the store has a pack */
  constructor(index: Pick<IndexTable, 'packsOf'>, exists: (ulid: string) => boolean) {
    this.#index = index
    this.#exists = exists
  }

  markPack(ulid: string, finding: Finding): void {
    this.#struck.add(ulid)
    if (!this.#packs.has(ulid)) this.#packs.set(ulid, finding)
  }

  markRecord(ulid: string, id: Uint8Array, finding: Finding): void {
    this.#struck.add(ulid)
    this.#records.set(`${ulid} ${hex(id)}`, finding)
  }

  /** @returns what cannot be read of which pack, by ulid: ids in hex, or `all` */
  get damage(): Map<string, 'all' | Set<string>> {
    const damage = new Map<string, 'all' | Set<string>>()
    for (const place of this.#records.keys()) {
      const [ulid = '', id = ''] = place.split(' ')
      const ids = damage.get(ulid) ?? new Set<string>()
      if (ids !== 'all') damage.set(ulid, ids.add(id))
    }
    for (const ulid of this.#packs.keys()) damage.set(ulid, 'all')
    return damage
  }

  /** @returns whether something in one of these packs is damaged */
  strikes(packs: Iterable<string>): boolean {
    for (const ulid of packs) if (this.#struck.has(ulid)) return true
    return false
  }

  /**
   * @param packs those that the disk needs
   * @returns a pack that the disk does not name, where only such a one has the record whole
   */
  borrowedFrom(id: Uint8Array, packs: { has(ulid: string): boolean }): string | undefined {
    const whole = this.#index.packsOf(id).filter(ulid => this.#isWhole(ulid, id))
    return whole.some(ulid => packs.has(ulid)) ? undefined : whole[0]
  }

  #isWhole(ulid: string, id: Uint8Array): boolean {
    const isBad = this.#packs.has(ulid) || this.#records.has(`${ulid} ${hex(id)}`)
    return !isBad && this.#exists(ulid)
  }

  get isPerfect(): boolean {
    return this.#packs.size === 0 && this.#records.size === 0
  }

  /**
   * @param packs ulids of the packs that the disk needs
   * @returns `undefined` when a whole copy is somewhere; why not, where a bad pack explains it; else nothing in it
   */
  whyUnreadable(
    id: Uint8Array,
    packs: Iterable<string>,
  ): { finding?: Finding | undefined } | undefined {
    const holders = this.#index.packsOf(id)
    let reason: Finding | undefined
    for (const ulid of holders) {
      const finding = this.#packs.get(ulid) ?? this.#records.get(`${ulid} ${hex(id)}`)
      if (!finding && this.#exists(ulid)) return undefined
      reason ??= finding
    }
    if (reason) return { finding: reason }
    for (const ulid of packs) {
      const finding = this.#packs.get(ulid)
      if (finding) return { finding }
    }
    return {}
  }
}
