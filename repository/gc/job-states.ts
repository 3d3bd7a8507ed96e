import type { MaintenanceStore } from '#core/ports.ts'
import { isClosedSize } from '../format/closed-name.ts'
import { PREFIX, parsePointName } from '../format/names.ts'

/** What became of jobs, by ulid, as one listing of their points in all versions shows. */
export type JobStates = ReadonlyMap<string, 'closed' | 'committed'>

export const readJobStates = async (store: MaintenanceStore): Promise<JobStates> => {
  const states = new Map<string, 'closed' | 'committed'>()
  for await (const { key, size, deleteMarker } of store.versions(PREFIX.points)) {
    const job = parsePointName(key)?.ulid
    if (job === undefined || deleteMarker) continue
    if (!isClosedSize(size)) states.set(job, 'committed')
    else if (!states.has(job)) states.set(job, 'closed')
  }
  return states
}
