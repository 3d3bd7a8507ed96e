import { isDamage, ObjectDamagedError } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import type { ObjectStat, ObjectStore } from '#core/ports.ts'
import { decodeSlot } from '../crypto/slot.ts'
import { decodeBootstrap } from '../format/bootstrap.ts'
import { ensure, equal, FormatError } from '../format/bytes.ts'
import { isClosedSize } from '../format/closed-name.ts'
import { parseJson } from '../format/commit.ts'
import { decodeFooter, FOOTER_SIZE } from '../format/footer.ts'
import { TAG_SIZE } from '../format/kinds.ts'
import {
  type PackKind,
  PREFIX,
  parseBootstrapName,
  parsePackName,
  parsePointName,
  parseRetirementName,
  parseSlotName,
} from '../format/names.ts'
import { decodeRetirement } from '../format/retirement.ts'
import { decodeSealed } from '../format/sealed-object.ts'
import { ulidToBytes } from '../format/ulid.ts'
import { inParallel } from '../read/in-parallel.ts'

export interface ListingReport {
  /** objects in the listing, and bytes */
  objects: number
  bytes: number
  points: number
  packs: number
  /** objects with names that this version does not know */
  unknown: number
  findings: { code: string; object: string; message: string }[]
}

const REQUESTS = 16 // at once

/**
 * What can be told of a repository without any key: that its objects have the form and the length that they claim, and that checksums are right:
 * of packs that of the footer, of all smaller objects that of the whole. Not whether anything is missing, nor whether it is authentic.
 * @throws `STORE_*`
 */
export const checkListing = async (
  store: ObjectStore,
  { onProgress, signal }: { onProgress?: (done: number) => void; signal?: AbortSignal } = {},
): Promise<ListingReport> => {
  const report: ListingReport = {
    objects: 0,
    bytes: 0,
    points: 0,
    packs: 0,
    unknown: 0,
    findings: [],
  }
  const lanes = async (objects: ObjectStat[]) =>
    inParallel(REQUESTS, objects, async object => {
      signal?.throwIfAborted()
      const damage = await damageOf(store, object, report)
      if (damage) report.findings.push(damage)
      report.objects++
      onProgress?.(report.objects)
      report.bytes += object.size
    })
  let batch: ObjectStat[] = []
  for await (const object of store.list('')) {
    batch.push(object)
    if (batch.length < 1000) continue
    await lanes(batch)
    batch = []
  }
  await lanes(batch)
  report.findings.sort((a, b) => (a.object < b.object ? -1 : 1))
  return report
}

const damageOf = async (
  store: ObjectStore,
  object: ObjectStat,
  report: ListingReport,
): Promise<ListingReport['findings'][number] | undefined> => {
  try {
    await look(store, object, report)
    return undefined
  } catch (error) {
    // Cleared away since it was listed.
    if (error instanceof ObjectNotFoundError) return undefined
    const damage =
      error instanceof FormatError ? new ObjectDamagedError(object.key, error.message) : error
    if (!isDamage(damage)) throw error
    const { code, message } = damage
    return { code, object: object.key, message }
  }
}

const SEALED = [PREFIX.index, PREFIX.intents, PREFIX.parts, PREFIX.gc, PREFIX.verify, PREFIX.lost]

const look = async (store: ObjectStore, object: ObjectStat, report: ListingReport) => {
  const { key, size } = object
  const pack = parsePackName(key)
  if (pack) {
    report.packs++
    return lookAtPack(store, object, pack)
  }
  if (parsePointName(key)) {
    if (isClosedSize(size)) return undefined
    report.points++
    return decodeSealed(await store.get(key))
  }
  if (key.startsWith(PREFIX.clock)) return undefined
  if (SEALED.some(prefix => key.startsWith(prefix))) return decodeSealed(await store.get(key))
  if (parseBootstrapName(key) !== undefined) return decodeBootstrap(parseJson(await store.get(key)))
  if (parseRetirementName(key) !== undefined)
    return decodeRetirement(parseJson(await store.get(key)))
  if (parseSlotName(key)) return decodeSlot(parseJson(await store.get(key)))
  report.unknown++
  return undefined
}

const lookAtPack = async (
  store: ObjectStore,
  { key, size }: ObjectStat,
  { ulid, kind }: { ulid: string; kind: PackKind },
): Promise<void> => {
  const footer = decodeFooter(await store.get(key, { last: FOOTER_SIZE }))
  ensure(footer.kind === kind && equal(footer.packId, ulidToBytes(ulid)), 'it is another pack')
  const expected = footer.trailerOffset + footer.trailerLength + TAG_SIZE + FOOTER_SIZE
  ensure(size === expected, `it has ${size} bytes instead of ${expected}`)
}
