import { isDamage } from '#core/errors/repository.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '../../engine.ts'
import { MOVED } from '../../format/bootstrap.ts'
import type { Move } from '../../format/collector.ts'
import { packName } from '../../format/names.ts'
import { recordSize } from '../../format/record.ts'
import { newUlid } from '../../format/ulid.ts'
import { readKnownDamage } from '../../lost/known-damage.ts'
import { writeSegment } from '../../write/commit.ts'
import type { FinishedPack } from '../../write/pack-builder.ts'
import { putOnce } from '../../write/put-once.ts'
import { announceFeature } from '../announce.ts'
import { readMove } from '../moves.ts'
import type { HalfDead } from '../plan.ts'
import { lockedUntil } from '../remove-versions.ts'
import { type CollectorState, putMove, readState } from '../state.ts'
import { gather } from './gather.ts'
import { type MeasuredPack, measureLive } from './live-records.ts'

export interface RewriteLimits {
  /** share of a pack's record bytes, from 0 to 1: packs of which less is needed are rewritten */
  below: number
  /** copied by one run, at most */
  bytes: number
  /** looked at by one run, at most: memory and requests */
  packs: number
  /** ms; a rewrite that was announced this long ago is given up */
  life: number
}

export interface Rewritten {
  /** packs that nobody needs any more: the next run condemns them */
  packs: number
  /** of these packs */
  bytes: number
  /** bytes of the new packs */
  copied: number
  /** packs that are half dead and locked */
  locked: number
  /** why nothing could be rewritten, in words */
  problem?: string
}

/**
 * Copies what is needed of half-dead packs into new ones, in the order of docs/repository-format.md, section 10.2: announce, new packs,
 * index segment, done. May be cut off anywhere.
 * @param now the store's time
 * @throws `STORE_*`
 */
export const rewritePacks = async (
  engine: Engine,
  store: MaintenanceStore,
  halfDead: readonly HalfDead[],
  { now, limits }: { now: number; limits: RewriteLimits },
): Promise<Rewritten> => {
  const result: Rewritten = { packs: 0, bytes: 0, copied: 0, locked: 0 }
  const state = await readState(store)
  await readKnownDamage(engine)
  await engine.moves.learn({ ...engine, store }, state.moved)
  const busy = await giveUp(engine, store, state, now - limits.life)
  const chosen: HalfDead[] = []
  let expected = 0
  for (const pack of fromSomewhere(engine, halfDead)) {
    if (busy.has(pack.pack) || engine.moves.next(pack.pack)) continue
    // What is known to be damaged stays under the name by which it is known.
    if (engine.damage.packs.has(pack.pack)) continue
    if (chosen.length + result.locked >= limits.packs || expected >= limits.bytes) break
    const key = packName(pack.kind, pack.pack)
    if ((await lockedUntil(store, { key }, now)) !== undefined) result.locked++
    else {
      chosen.push(pack)
      expected += pack.size * pack.needed
    }
  }
  if (chosen.length === 0) return result
  try {
    const refs = chosen.map(({ pack, kind, size }) => ({ ulid: pack, kind, size }))
    const worth = within(limits, await measureLive(engine, store, refs))
    if (worth.length === 0) return result
    await announceFeature(engine, store, 'incompatible', MOVED)
    const n = Math.max(0, ...state.announced.keys(), ...state.moved) + 1
    return { ...result, ...(await move(engine, store, n, worth)) }
  } catch (error) {
    if (!isDamage(error)) throw error
    return { ...result, problem: error.message }
  }
}

/**
 * There may be more than one run looks into: beginning anywhere, since those that turn out to be needed after all would be looked into
 * again and again. In a row, since packs that were made together are needed by the same points.
 */
const fromSomewhere = <T>({ random }: Pick<Engine, 'random'>, all: readonly T[]) => {
  if (all.length === 0) return all
  const start = Buffer.from(random.bytes(4)).readUInt32LE() % all.length
  return [...all.slice(start), ...all.slice(0, start)]
}

/** @returns the packs of rewrites that are still under way */
const giveUp = async (
  engine: Engine,
  store: MaintenanceStore,
  { announced, moved }: CollectorState,
  before: number,
): Promise<Set<string>> => {
  const busy = new Set<string>()
  const reading = { keys: engine.keys, store }
  for (const [n, modified] of announced) {
    if (moved.has(n)) continue
    const nothing = { version: 1 as const, move: n, intents: [], packs: [], targets: [] }
    if (modified <= before) {
      // Whatever is first, this or what the other collector has done, holds.
      await putMove(engine, store, 'moved', nothing)
      await engine.moves.learn(reading, [n])
      continue
    }
    for (const { pack, to } of (await readMove(reading, 'move', n)).packs) {
      busy.add(pack)
      if (to !== undefined) busy.add(to)
    }
  }
  return busy
}

const bytesOf = ({ trailer, live }: MeasuredPack, all: boolean): number =>
  trailer.records.reduce(
    (sum, { ciphertextLength }, i) =>
      all || live[i] === 1 ? sum + recordSize(ciphertextLength) : sum,
    0,
  )

/** @returns those of which less than the limit is needed indeed, as far as one run goes */
const within = ({ below, bytes }: RewriteLimits, packs: MeasuredPack[]): MeasuredPack[] => {
  let left = bytes
  return packs.filter(pack => {
    const live = bytesOf(pack, false)
    if (live >= below * bytesOf(pack, true) || live > left) return false
    left -= live
    return true
  })
}

interface Group {
  ulid: string
  kind: MeasuredPack['ref']['kind']
  sources: MeasuredPack[]
  bytes: number
}

/** A pack goes into just one new pack; what nobody needs anything of goes nowhere. */
const groupsOf = (engine: Engine, packs: readonly MeasuredPack[]): Group[] => {
  const groups: Group[] = []
  for (const source of packs) {
    const { kind } = source.ref
    const bytes = bytesOf(source, false)
    if (bytes === 0) continue
    let group = groups.findLast(each => each.kind === kind)
    if (!group || group.bytes + bytes > engine.tuning.packTarget) {
      group = { ulid: newUlid(engine.clock, engine.random), kind, sources: [], bytes: 0 }
      groups.push(group)
    }
    group.sources.push(source)
    group.bytes += bytes
  }
  return groups
}

const move = async (
  engine: Engine,
  store: MaintenanceStore,
  n: number,
  packs: readonly MeasuredPack[],
): Promise<Partial<Rewritten>> => {
  const groups = groupsOf(engine, packs)
  const to = new Map(
    groups.flatMap(group => group.sources.map(({ ref }) => [ref.ulid, group.ulid])),
  )
  const announced: Move = {
    version: 1,
    move: n,
    intents: [...new Set(packs.flatMap(({ intents }) => [...intents]))].sort(),
    packs: packs.map(({ ref: { ulid, kind } }) => {
      const target = to.get(ulid)
      return { pack: ulid, kind, ...(target === undefined ? {} : { to: target }) }
    }),
    targets: [],
  }
  // Another collector was first: it may have rewritten some of these.
  if (!(await putMove(engine, store, 'move', announced))) return {}

  const sent: FinishedPack[] = []
  const left = new Set<string>()
  for (const group of groups) {
    const gathered = await gather(engine, group, group.sources)
    for (const ulid of gathered.left) left.add(ulid)
    const { pack } = gathered
    await putOnce(store, pack.key, pack.parts)
    engine.index.addPack(pack)
    sent.push({ ...pack, parts: [] })
  }
  if (sent.length > 0) await writeSegment(engine, sent)
  const done: Move = {
    ...announced,
    packs: announced.packs.filter(({ pack }) => !left.has(pack)),
    targets: sent.map(({ ulid, size }) => ({ pack: ulid, size })),
  }
  if (!(await putMove(engine, store, 'moved', done))) return {}
  const moved = packs.filter(({ ref }) => !left.has(ref.ulid))
  return {
    packs: moved.length,
    bytes: moved.reduce((sum, { ref }) => sum + ref.size, 0),
    copied: sent.reduce((sum, { size }) => sum + size, 0),
  }
}
