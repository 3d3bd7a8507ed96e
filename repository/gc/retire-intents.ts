import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { PREFIX, parseIntentName, pointName } from '../format/names.ts'
import { inParallel } from '../read/in-parallel.ts'
import { closeName } from './close-name.ts'
import type { JobStates } from './job-states.ts'
import { bytesOf, readIntent } from './live.ts'
import { removeVersions } from './remove-versions.ts'

/**
 * Removes intents whose point can never be made (again): the name is closed first. The intent of a point that is there stays, since
 * another attempt of the same job could wake up after the deletion of that point.
 * @param now the store's time
 * @param life ms after which a job that has not committed is given up
 * @param points what became of the jobs, read just now
 * @returns how many were removed
 */
export const retireIntents = async (
  engine: Engine,
  store: MaintenanceStore,
  now: number,
  life: number,
  points: JobStates,
): Promise<number> => {
  const byKey = new Map<string, ObjectVersion[]>()
  for await (const version of store.versions(PREFIX.intents))
    byKey.set(version.key, [...(byKey.get(version.key) ?? []), version])

  let removed = 0
  await inParallel(engine.tuning.requests, byKey, async ([key, versions]) => {
    const job = parseIntentName(key)?.job
    const newest = Math.max(...versions.map(({ modified }) => modified))
    if (job === undefined || points.get(job) === 'committed') return
    if (points.get(job) === undefined && newest > now - life) return
    if (!(await closeFor(engine, store, key, versions))) return
    if ((await removeVersions(store, versions, now)) === undefined) removed++
  })
  return removed
}

/** @returns whether the name that the intent was for is closed now */
const closeFor = async (
  engine: Engine,
  store: MaintenanceStore,
  key: string,
  versions: ObjectVersion[],
): Promise<boolean> => {
  for (const version of versions) {
    if (version.deleteMarker) continue
    const bytes = await bytesOf(store, version)
    if (!bytes) continue
    const { vmUuid, job } = await readIntent(engine, key, bytes)
    if (!(await closeName(store, pointName(engine.keys.vmTag(vmUuid), job)))) return false
  }
  return true
}
