import type { JobSpec } from '../contracts/jobs.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { RunView } from '../contracts/runs-api.ts'
import type { Catalog } from '../ports.ts'
import { readJobs } from '../runs/jobs-catalog.ts'
import { openRuns } from '../runs/runs-catalog.ts'

/** Runs whose jobs read points for hours or days. */
const READING: ReadonlySet<RunView['kind']> = new Set([
  ...(['restore', 'boot-check', 'replication', 'failover'] as const),
])

/** Whether a job reads the point, or may: a round of replication reads the newest one there is when it begins, and the one before. */
const reads = (
  spec: JobSpec,
  { pointId, vmUuid }: Pick<PointSummary, 'pointId' | 'vmUuid'>,
): boolean => {
  if (spec.kind === 'replicate') return spec.vmUuid === vmUuid
  if (spec.kind === 'rejoin') return spec.point.pointId === pointId
  if (spec.kind === 'fail-back' && spec.heldPointId === pointId) return true
  return 'pointId' in spec && spec.pointId === pointId
}

/** @returns the sentence that says which run needs the point just now */
export const inUse = async (
  catalog: Catalog,
  point: Pick<PointSummary, 'pointId' | 'vmUuid'>,
): Promise<string | undefined> => {
  for (const { runId, kind } of await openRuns(catalog)) {
    if (!READING.has(kind)) continue
    const jobs = await readJobs(catalog, runId)
    const isRead = jobs.some(({ state, spec }) => state !== 'finished' && reads(spec, point))
    if (isRead) return `The run ${runId} is reading it.`
  }
  return undefined
}
