import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { type PackKind, PREFIX, parsePackName } from '../format/names.ts'
import { readLive } from './live.ts'
import { latestLock } from './remove-versions.ts'

export interface Candidate {
  pack: string
  kind: PackKind
  /** bytes of all versions */
  size: number
}

export interface Survey {
  /** packs that nothing names, old enough and not locked, by ulid */
  condemned: Candidate[]
  /** packs that nothing names and that are locked, and the earliest end of these locks */
  locked: { packs: number; bytes: number; until: number }
  /** packs that nothing names, younger than the age */
  young: number
}

/**
 * Which packs no point and no intent needs.
 * @param now the store's time
 * @param age ms; a pack that a running job has sent is not named by anything yet
 * @param condemnedAlready by epochs that are not done
 */
export const survey = async (
  engine: Engine,
  store: MaintenanceStore,
  { now, age, condemnedAlready }: { now: number; age: number; condemnedAlready: Set<string> },
): Promise<Survey> => {
  const live = new Set<string>()
  await readLive(engine, store, pack => live.add(pack))
  const found: Survey = {
    condemned: [],
    locked: { packs: 0, bytes: 0, until: Number.POSITIVE_INFINITY },
    young: 0,
  }
  for await (const { pack, kind, versions } of packVersions(store)) {
    if (live.has(pack) || condemnedAlready.has(pack)) continue
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
