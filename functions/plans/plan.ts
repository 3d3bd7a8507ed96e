import type { z } from 'zod'
import type { JobSpec } from '#core/contracts/jobs.ts'
import type { WhenOneFails } from '#core/contracts/methods.ts'
import type { RunProgramSpec } from '#core/contracts/run-programs.ts'
import type { StartRunRequest } from '#core/contracts/runs-api.ts'
import type { SealSitePointSpec } from '#core/contracts/site-points.ts'
import type { Catalog, CatalogWrite } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import type { SitePlan } from '#core/sites/site-plan.ts'

/** What a call asks for (but restores of components: component-restore.ts), and what is asked for at a run that has ended. */
export type Request =
  | Exclude<z.output<typeof StartRunRequest>, { kind: 'component-restore' }>
  | { kind: 'retry'; runId: string }

/** A run before it starts: what it is called, and a job for each thing to do. */
export interface Plan {
  title: string
  specs: JobSpec[]
  /** Whose run it is. */
  policy?: { policyId: string; policyName: string }
  /** How many of its jobs may be under way at once in one pool. */
  jobsAtOnce?: number
  /** What it would take and cannot, with the number and the reason: a sentence that the end of the run tells. */
  leftOut?: string
  /** Programs around the run: each a job as well. */
  before?: RunProgramSpec
  after?: RunProgramSpec
  /** For each of the jobs the places of those that have to end before it begins; none before one that it waits for. */
  order?: readonly (readonly number[])[]
  /** Of a backup of a site: what it goes by, which of its tasks each job is, and the job that seals its point. */
  site?: {
    plan: SitePlan
    taskIds: readonly string[]
    seal: SealSitePointSpec
    /** Of a retry: runs whose members belong to its site point. */
    takesFrom?: readonly string[]
  }
  /** All jobs are one group. */
  together?: { whenOneFails: z.infer<typeof WhenOneFails> }
  /** Written in one piece with the list of its jobs. */
  beside?: (runId: string) => CatalogWrite[]
}

/** What a request of one kind comes to, as the catalog stands, `now` (ms since 1970). Refuses what cannot be done at all. */
export type PlanRequest<K extends Request['kind']> = (
  catalog: Catalog,
  request: Extract<Request, { kind: K }>,
  now: number,
) => Promise<Plan>

/** The first names, and how many more. */
export const titleOf = (names: readonly string[]): string => {
  const shown = names.slice(0, 3).map(name => quoted(name, 100))
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ')
}
