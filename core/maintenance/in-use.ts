import type { RunView } from '../contracts/runs-api.ts'
import type { Catalog } from '../ports.ts'
import { readJobs } from '../runs/jobs-catalog.ts'
import { openRuns } from '../runs/runs-catalog.ts'

/** Runs whose jobs read points for hours or days. */
const READING: ReadonlySet<RunView['kind']> = new Set([
  ...(['restore', 'boot-check', 'replication', 'failover'] as const),
])

/** @returns the sentence that says which run needs the point just now */
export const inUse = async (catalog: Catalog, pointId: string): Promise<string | undefined> => {
  for (const { runId, kind } of await openRuns(catalog)) {
    if (!READING.has(kind)) continue
    const jobs = await readJobs(catalog, runId)
    const reads = jobs.some(
      ({ state, spec }) => state !== 'finished' && 'pointId' in spec && spec.pointId === pointId,
    )
    if (reads) return `The run ${runId} is reading it.`
  }
  return undefined
}
