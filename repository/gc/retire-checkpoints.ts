import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { PREFIX, parseCheckpointName } from '../format/names.ts'
import { inParallel } from '../read/in-parallel.ts'
import type { JobStates } from './job-states.ts'
import { removeVersions } from './remove-versions.ts'

/**
 * Removes checkpoints of jobs that nobody goes on with any more: whose point is made, whose name is closed, or whose newest checkpoint is
 * old. Nothing rests on a checkpoint.
 * @param now the store's time
 * @param life ms
 * @returns how many were removed
 */
export const retireCheckpoints = async (
  engine: Pick<Engine, 'tuning'>,
  store: MaintenanceStore,
  now: number,
  life: number,
  states: JobStates,
): Promise<number> => {
  const jobs = new Map<string, { newest: number; keys: Map<string, ObjectVersion[]> }>()
  for await (const version of store.versions(PREFIX.parts)) {
    const name = parseCheckpointName(version.key)
    if (!name) continue
    const job = jobs.get(name.job) ?? { newest: 0, keys: new Map() }
    jobs.set(name.job, job)
    job.newest = Math.max(job.newest, version.modified)
    job.keys.set(version.key, [...(job.keys.get(version.key) ?? []), version])
  }
  const over = [...jobs]
    .filter(([job, { newest }]) => states.has(job) || newest <= now - life)
    .map(([, job]) => job)
  let removed = 0
  await inParallel(
    engine.tuning.requests,
    over.flatMap(({ keys }) => [...keys.values()]),
    async versions => {
      if ((await removeVersions(store, versions, now)) === undefined) removed++
    },
  )
  return removed
}
