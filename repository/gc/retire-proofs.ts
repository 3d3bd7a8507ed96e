import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { PREFIX, parseProofName } from '../format/names.ts'
import { inParallel } from '../read/in-parallel.ts'
import type { JobStates } from './job-states.ts'
import { removeVersions } from './remove-versions.ts'

/**
 * Removes what was found out about points that were deleted. Only a closed name tells that: a point that a listing does not show may
 * have been made since.
 * @param now the store's time
 */
export const retireProofs = async (
  engine: Pick<Engine, 'tuning'>,
  store: MaintenanceStore,
  now: number,
  states: JobStates,
): Promise<void> => {
  const gone = new Map<string, ObjectVersion[]>()
  for await (const version of store.versions(PREFIX.proofs)) {
    const point = parseProofName(version.key)?.point
    if (point !== undefined && states.get(point) === 'closed')
      gone.set(version.key, [...(gone.get(version.key) ?? []), version])
  }
  await inParallel(engine.tuning.requests, gone.values(), async versions => {
    await removeVersions(store, versions, now)
  })
}
