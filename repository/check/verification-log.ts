import { sealObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import { TYPE } from '../format/kinds.ts'
import { verificationName } from '../format/names.ts'
import { newUlid } from '../format/ulid.ts'
import { encodeUlids, type Verification, type VerificationRun } from '../format/verification.ts'
import { putOnce } from '../write/put-once.ts'
import { RUNS_KEPT, type Verifications, type VerifiedPack } from './verification.ts'

/** Packs after which a long check writes down how far it has come: 64 GiB of full packs. */
const PACKS_BETWEEN = 2048
/** Objects that may lie beside each other; then one takes all of them over. */
const MAX_OBJECTS = 16

/** Writes down what a check reads, while it reads. */
export class VerificationLog {
  readonly round: number
  readonly #engine: Engine
  readonly #known: Verifications
  readonly #at: number
  #unwritten = new Map<string, boolean>()
  #writing: Promise<void> = Promise.resolve()

  constructor(engine: Engine, known: Verifications) {
    this.#engine = engine
    this.#known = known
    this.#at = engine.clock.now()
    const rounds = [...known.packs.values(), ...known.runs].map(({ round }) => round)
    this.round = 1 + rounds.reduce((a, b) => Math.max(a, b), 0)
  }

  async saw(ulid: string, damaged: boolean): Promise<void> {
    this.#unwritten.set(ulid, damaged)
    this.#known.packs.set(ulid, { round: this.round, at: this.#at, damaged })
    if (this.#unwritten.size >= PACKS_BETWEEN) await this.#write([], () => true)
  }

  /** A check that is cut off: what it has read counts. */
  async keep(): Promise<void> {
    if (this.#unwritten.size > 0) await this.#write([], () => true)
  }

  /** @param isThere whether a pack is still in the store: the others are forgotten */
  async end(
    run: Omit<VerificationRun, 'round' | 'at'>,
    isThere: (ulid: string) => boolean,
  ): Promise<void> {
    const done = { round: this.round, at: new Date(this.#at).toISOString(), ...run }
    this.#known.runs = [...this.#known.runs, done].slice(-RUNS_KEPT)
    await this.#write([done], isThere)
  }

  /** names of objects that others took over */
  get replaced(): string[] {
    return this.#known.replaced.map(verificationName)
  }

  /** One after the other, since each may take over those before. */
  #write(runs: VerificationRun[], isThere: (ulid: string) => boolean): Promise<void> {
    const work = this.#writing.then(() => this.#writeNow(runs, isThere))
    this.#writing = work.catch(() => undefined)
    return work
  }

  async #writeNow(runs: VerificationRun[], isThere: (ulid: string) => boolean): Promise<void> {
    const { store, keys, random, clock, epoch } = this.#engine
    const known = this.#known
    const takesAll = known.objects.length >= MAX_OBJECTS
    const packs = new Map<string, VerifiedPack>()
    for (const [ulid, pack] of known.packs)
      if (this.#unwritten.has(ulid) || (takesAll && isThere(ulid))) packs.set(ulid, pack)
    const contents: Verification = {
      version: 1,
      replaces: [...(takesAll ? known.objects : []), ...known.unreadable],
      runs: takesAll ? known.runs : runs,
      verified: grouped(packs),
    }
    const ulid = newUlid(clock, random)
    const key = verificationName(ulid)
    const json = Buffer.from(canonicalJson(contents))
    const name = { key, type: TYPE.verification, epoch }
    this.#unwritten = new Map()
    await putOnce(store, key, [await sealObject(keys, random, name, json)])
    if (takesAll) known.replaced.push(...known.objects.splice(0))
    known.replaced.push(...known.unreadable.splice(0))
    known.objects.push(ulid)
  }
}

const grouped = (packs: ReadonlyMap<string, VerifiedPack>): Verification['verified'] => {
  const groups = new Map<string, VerifiedPack & { ulids: string[] }>()
  for (const [ulid, { round, at, damaged }] of packs) {
    const name = `${round} ${at} ${damaged}`
    const group = groups.get(name) ?? { round, at, damaged, ulids: [] }
    group.ulids.push(ulid)
    groups.set(name, group)
  }
  return [...groups.values()].map(({ round, at, damaged, ulids }) => ({
    round,
    at: new Date(at).toISOString(),
    damaged,
    packs: encodeUlids(ulids),
  }))
}
