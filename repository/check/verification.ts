import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseVerificationName, verificationName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import {
  decodeUlids,
  decodeVerification,
  type Verification,
  type VerificationRun,
} from '../format/verification.ts'

/** When a pack was last read in full, and with which result. */
export interface VerifiedPack {
  /** number of the check: orders checks whatever their clocks say */
  round: number
  /** milliseconds since 1970, by the clock of who checked */
  at: number
  damaged: boolean
}

/** What earlier checks have left. */
export interface Verifications {
  /** ulids of the objects that count, ascending */
  objects: string[]
  /** ulids of those that cannot be read: the next one takes their place */
  unreadable: string[]
  /** ulids of those that others took over: nobody needs them any more */
  replaced: string[]
  /** by ulid */
  packs: Map<string, VerifiedPack>
  /** the newest last */
  runs: VerificationRun[]
}

/** Runs that are remembered. */
export const RUNS_KEPT = 50

/** Newest first, since a newer object may have taken older ones over. What cannot be read counts for nothing: its packs are read again sooner. */
export const readVerifications = async ({
  store,
  keys,
}: Pick<Engine, 'store' | 'keys'>): Promise<Verifications> => {
  const listed: string[] = []
  for await (const { key } of store.list(PREFIX.verify)) {
    const ulid = parseVerificationName(key)
    if (ulid) listed.push(ulid)
  }
  const taken = new Set<string>()
  const found: Verifications = {
    objects: [],
    unreadable: [],
    replaced: [],
    packs: new Map(),
    runs: [],
  }
  for (const ulid of listed.toReversed()) {
    if (taken.has(ulid)) continue
    const key = verificationName(ulid)
    try {
      const bytes = await store.get(key)
      const name = { key, type: TYPE.verification }
      enter(found, await openObject(keys, name, bytes, decodeVerification), taken)
    } catch (error) {
      if (error instanceof ObjectNotFoundError) continue
      if (!isDamage(error)) throw error
      found.unreadable.push(ulid)
    }
  }
  found.replaced = listed.filter(ulid => taken.has(ulid))
  found.objects = listed.filter(ulid => !taken.has(ulid) && !found.unreadable.includes(ulid))
  found.runs = found.runs.sort((a, b) => a.round - b.round).slice(-RUNS_KEPT)
  return found
}

const enter = (
  { packs, runs }: Verifications,
  { replaces, runs: more, verified }: Verification,
  taken: Set<string>,
): void => {
  for (const old of replaces) taken.add(old)
  runs.push(...more)
  for (const { round, at, damaged, packs: ulids } of verified) {
    const result = { round, at: Date.parse(at), damaged }
    for (const ulid of decodeUlids(ulids))
      if ((packs.get(ulid)?.round ?? 0) < round) packs.set(ulid, result)
  }
}

export interface Share {
  /** of the packs, 0 to 1 */
  sample?: number | undefined
  /** bytes */
  limit?: number | undefined
}

/**
 * The packs to read now: those never read first, then those read longest ago. At least one where there is any, unless nothing is asked
 * for (`sample` 0). With the same packs, ⌈1 / sample⌉ runs read everything; with a limit any two runs in a row read more than it.
 */
export const leastRecent = (
  packs: Iterable<PackRef>,
  verified: ReadonlyMap<string, Pick<VerifiedPack, 'round'>>,
  { sample = 1, limit = Number.POSITIVE_INFINITY }: Share,
): PackRef[] => {
  const roundOf = ({ ulid }: PackRef) => verified.get(ulid)?.round ?? 0
  const order = [...packs].sort(
    (a, b) => roundOf(a) - roundOf(b) || (a.ulid < b.ulid ? -1 : a.ulid > b.ulid ? 1 : 0),
  )
  const wanted = order.slice(0, Math.ceil(order.length * sample))
  let bytes = 0
  const fitting = wanted.findIndex(({ size }, i) => {
    bytes += size
    return i > 0 && bytes > limit
  })
  return fitting < 0 ? wanted : wanted.slice(0, fitting)
}

/** How much of a repository was read in full, and when. */
export interface VerificationSummary {
  /** packs in the listing, and bytes */
  packs: number
  bytes: number
  /** of these, never read in full */
  never: { packs: number; bytes: number }
  /** of these, found damaged when they were last read */
  damaged: number
  /** when the one was read that was read longest ago; milliseconds since 1970; `undefined` where none was */
  oldest: number | undefined
  newest: number | undefined
  /** the last checks that are remembered, the newest last; times in ISO 8601 */
  runs: readonly Omit<VerificationRun, 'round'>[]
}

export const summarize = (
  listed: Iterable<PackRef>,
  { packs, runs }: Pick<Verifications, 'packs' | 'runs'>,
): VerificationSummary => {
  const summary: VerificationSummary = {
    packs: 0,
    bytes: 0,
    never: { packs: 0, bytes: 0 },
    damaged: 0,
    oldest: undefined,
    newest: undefined,
    runs: runs.slice(-10).map(({ round: _, ...run }) => run),
  }
  for (const { ulid, size } of listed) {
    summary.packs++
    summary.bytes += size
    const last = packs.get(ulid)
    if (!last) {
      summary.never.packs++
      summary.never.bytes += size
      continue
    }
    if (last.damaged) summary.damaged++
    summary.oldest = Math.min(summary.oldest ?? last.at, last.at)
    summary.newest = Math.max(summary.newest ?? last.at, last.at)
  }
  return summary
}
