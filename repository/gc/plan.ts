import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { type PackKind, PREFIX, parsePackName } from '../format/names.ts'
import type { Point } from '../point.ts'
import { readLive } from './live.ts'
import { latestLock } from './remove-versions.ts'

export interface Candidate {
  pack: string
  kind: PackKind
  /** bytes of all versions */
  size: number
}

export interface Survey {
  /** packs that nothing needs, old enough and not locked, by ulid */
  condemned: Candidate[]
  /** packs that nothing needs and that are locked, and the earliest end of these locks */
  locked: { packs: number; bytes: number; until: number }
  /** packs that nothing needs, younger than the age */
  young: number
  /** old packs that something needs, in ascending order of ulid, of which much seems to be garbage */
  halfDead: HalfDead[]
}

/** Judged by the references in pack tables, which overcount: maps have to be asked before anything is done about it. */
export interface HalfDead {
  pack: string
  kind: PackKind
  /** bytes */
  size: number
  /** share of the records that the neediest point refers to, from 0 to 1 */
  needed: number
}

/**
 * Which packs no point and no intent needs.
 * @param now the store's time
 * @param age ms; a pack that a running job has sent is not named by anything yet
 * @param condemnedAlready by epochs that are not done
 * @param below share of the records: packs of which less is referred to are told as half dead; their records must be in the local table
 * @param saw called for each pack in the store
 */
export const survey = async (
  engine: Engine,
  store: MaintenanceStore,
  {
    now,
    age,
    condemnedAlready,
    below,
    saw = () => {},
  }: {
    now: number
    age: number
    condemnedAlready: Set<string>
    below: number
    saw?: (pack: string) => void
  },
): Promise<Survey> => {
  const live = new Map<string, number>()
  await readLive(engine, store, (pack, { intent, point }) => {
    const references = intent === undefined ? Number.POSITIVE_INFINITY : referencesTo(pack, point)
    live.set(pack, Math.max(references, live.get(pack) ?? 0))
  })
  const found: Survey = {
    condemned: [],
    locked: { packs: 0, bytes: 0, until: Number.POSITIVE_INFINITY },
    young: 0,
    halfDead: [],
  }
  for await (const { pack, kind, versions } of packVersions(store)) {
    saw(pack)
    if (condemnedAlready.has(pack)) continue
    const references = live.get(pack)
    if (references !== undefined) {
      const records = engine.index.recordsIn(pack)
      const old = versions.every(({ modified }) => modified <= now - age)
      const [{ size }] = versions as [ObjectVersion]
      if (old && records !== undefined && references < below * records)
        found.halfDead.push({ pack, kind, size, needed: references / records })
      continue
    }
    if (versions.some(({ modified }) => modified > now - age)) {
      found.young++
      continue
    }
    const size = versions.reduce((sum, version) => sum + version.size, 0)
    const until = await latestLock(store, versions, now)
    if (until === undefined) found.condemned.push({ pack, kind, size })
    else {
      found.locked.packs++
      found.locked.bytes += size
      found.locked.until = Math.min(found.locked.until, until)
    }
  }
  return found
}

const referencesTo = (pack: string, point: Point | undefined): number =>
  [...(point?.disks ?? []), ...(point?.streams ?? [])].reduce(
    (sum, { packs }) => sum + (packs.get(pack) ?? 0),
    0,
  )

export interface PackVersions {
  pack: string
  kind: PackKind
  /** from the newest to the oldest, delete markers among them */
  versions: ObjectVersion[]
}

/** All packs in the store with all their versions: one listing. */
export const packVersions = async function* (
  store: Pick<MaintenanceStore, 'versions'>,
): AsyncIterable<PackVersions> {
  let current: PackVersions | undefined
  for (const prefix of [PREFIX.data, PREFIX.meta])
    for await (const version of store.versions(prefix)) {
      const name = parsePackName(version.key)
      if (!name) continue
      if (current?.pack === name.ulid && current.kind === name.kind) {
        current.versions.push(version)
        continue
      }
      if (current) yield current
      current = { pack: name.ulid, kind: name.kind, versions: [version] }
    }
  if (current) yield current
}
