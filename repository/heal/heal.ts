import { asXenkeepError } from '#core/errors/base.ts'
import { isDamage } from '#core/errors/repository.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import { lookInto } from '../check/small-objects.ts'
import { verifyPackBytes } from '../check/verify-pack.ts'
import { decodeSlot } from '../crypto/slot.ts'
import type { Engine } from '../engine.ts'
import { FormatError, hex } from '../format/bytes.ts'
import { isClosedName } from '../format/closed-name.ts'
import { parseJson } from '../format/commit.ts'
import { PREFIX, parsePackName, parsePointName, parseSlotName } from '../format/names.ts'
import { recordDamage } from '../lost/record-damage.ts'
import { decodePoint } from '../read/points.ts'
import { copiesOf } from './copies.ts'
import { keepFor } from './keep-for.ts'
import { putBack } from './put-back.ts'
import { splice } from './splice.ts'

export interface HealRequest {
  /** the repository's store, with the rights of the maintenance role */
  store: MaintenanceStore
  /** a copy of the repository that may have what is damaged here */
  replica?: ObjectStore | undefined
  /** names of objects that a check found damaged */
  objects: Iterable<string>
  /** what a check found to rest on packs of others: `CheckReport.borrowed` */
  borrowed?: Iterable<{ point: string; packs: readonly string[] }> | undefined
  signal?: AbortSignal | undefined
}

export interface HealReport {
  healed: { object: string; from: string }[]
  /** points whose copies in packs of others are kept for them from now on; the commit record, and ulids of the packs */
  kept: { point: string; packs: string[] }[]
  /** what stayed as it was, and why, one sentence */
  left: { object: string; because: string }[]
}

/**
 * Puts damaged objects back, byte by byte as they were made: from an older version in the store, from a replica, or pieced together from
 * several copies of which none is whole. Also what somebody hid below a delete marker. Whatever is put back was verified before.
 * @throws `STORE_*`
 */
export const heal = async (engine: Engine, request: HealRequest): Promise<HealReport> => {
  const { store, objects, signal } = request
  const report: HealReport = { healed: [], kept: [], left: [] }
  const packs = new Set<string>()
  for (const object of new Set([...objects, ...(await hidden(store))])) {
    signal?.throwIfAborted()
    const outcome = await healObject(engine, request, object)
    if (outcome === undefined) continue
    if ('because' in outcome) report.left.push({ object, because: outcome.because })
    else {
      report.healed.push({ object, from: outcome.from })
      const pack = parsePackName(object)
      if (pack) packs.add(pack.ulid)
    }
  }
  for (const { point, packs: lenders } of request.borrowed ?? []) {
    const kept = await keepFor(engine, point, lenders)
    if (kept.length > 0) report.kept.push({ point, packs: kept })
  }
  // Known anew from their own trailers, and no longer damaged.
  engine.index.removePacks(packs)
  await recordDamage(engine, { damaged: new Map(), read: packs, matters: () => true })
  return report
}

/** @returns `undefined` where it is whole after all */
const healObject = async (
  engine: Engine,
  { store, replica }: HealRequest,
  object: string,
): Promise<{ from: string } | { because: string } | undefined> => {
  const isWhole = judge(engine, object)
  if (!isWhole) return { because: 'Objects of this kind are not put back.' }
  const seen: Uint8Array[] = []
  let found: { from: string; bytes: Uint8Array } | undefined
  for await (const copy of copiesOf(object, { store, replica })) {
    if (await isWhole(copy.bytes)) {
      if (copy.from === 'itself') return undefined
      found = copy
      break
    }
    seen.push(copy.bytes)
  }
  const pack = parsePackName(object)
  if (!found && pack) {
    const bytes = await splice(engine, pack, seen)
    if (bytes && (await isWhole(bytes)))
      found = { from: seen.length > 1 ? 'several damaged copies' : 'what is left of it', bytes }
  }
  if (!found)
    return {
      because: replica
        ? 'Neither an older version nor the replica has it whole.'
        : 'No older version has it whole, and no replica was named.',
    }
  try {
    const problem = await putBack(store, object, found.bytes)
    return problem === undefined
      ? { from: found.from }
      : { because: `It was put back, but ${problem}.` }
  } catch (error) {
    const { code, message } = asXenkeepError(error)
    if (code !== 'STORE_DENIED' && code !== 'OBJECT_LOCKED' && !code.startsWith('LOCK_'))
      throw error
    return { because: message }
  }
}

/** @returns how to tell whether bytes are what was made under this name */
const judge = (
  engine: Engine,
  object: string,
): ((bytes: Uint8Array) => Promise<boolean>) | undefined => {
  const pack = parsePackName(object)
  const look = pack
    ? async (bytes: Uint8Array) => {
        const { records } = await verifyPackBytes(engine, pack, bytes)
        for (const { damage } of records) throw damage
      }
    : parsePointName(object)
      ? async (bytes: Uint8Array) => decodePoint(engine, object, bytes)
      : parseSlotName(object)
        ? async (bytes: Uint8Array) => {
            const slot = decodeSlot(parseJson(bytes))
            if (slot?.repositoryId !== hex(engine.keys.repositoryId))
              throw new FormatError('it belongs to another repository')
          }
        : lookInto(engine.keys, object)
  if (!look) return undefined
  return async bytes => {
    if (parsePointName(object) && isClosedName(bytes)) return false
    try {
      await look(bytes)
      return true
    } catch (error) {
      if (isDamage(error) || error instanceof FormatError) return false
      throw error
    }
  }
}

/** What can only have been hidden by somebody who should not: we remove versions, and never leave a marker on these. */
const HIDDEN = [
  ...[PREFIX.repo, PREFIX.data, PREFIX.meta, PREFIX.index, PREFIX.points],
  ...[PREFIX.move, PREFIX.moved],
]

const hidden = async (store: MaintenanceStore): Promise<string[]> => {
  const names = new Set<string>()
  for (const prefix of HIDDEN) {
    let below: string | undefined
    for await (const { key, latest, deleteMarker } of store.versions(prefix)) {
      if (latest) below = deleteMarker ? key : undefined
      else if (key === below && !deleteMarker) names.add(key)
    }
  }
  return [...names]
}
