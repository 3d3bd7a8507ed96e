import type { SiteTask } from '#core/contracts/site-graph.ts'
import type { Catalog } from '#core/ports.ts'
import type { Job } from '#core/runs/job.ts'
import type { Run } from '#core/runs/run.ts'
import { durationText } from '#core/site/point.ts'
import { readSitePlan } from '#core/sites/site-plan.ts'
import { orderAmong } from '#core/sites/task-order.ts'
import { readTaskOutcomes, runsOfSite } from '#core/sites/task-outcomes.ts'
import type { Plan } from './plan.ts'

/** Members of one site point are of one night: what is older is of another state of the site, and the next run is due by then. */
const OLDEST_MEMBER_MS = 24 * 60 * 60_000

/** The job that sealed, or should have sealed, the site point of a run. */
const sealOf = (jobs: readonly Job[]) => jobs.find(({ spec }) => spec.kind === 'seal-site-point')

/** Whether members were saved and nobody wrote down that they belong together. */
export const isSealMissing = ({ site }: Run, jobs: readonly Job[]): boolean => {
  const seal = sealOf(jobs)
  return (
    site !== undefined &&
    (seal?.outcome?.status === 'failed' || seal?.outcome?.status === 'cancelled')
  )
}

/**
 * What makes a retry of a site's run one of the site: a site point of its own, of what it saves and of what the runs before it saved.
 * @param failed jobs that are done again
 * @returns nothing for other runs; only a sentence, where the members of before are too old to belong together with new ones
 */
export const siteOfRetry = async (
  catalog: Catalog,
  run: Run,
  { jobs, failed, now }: { jobs: readonly Job[]; failed: readonly Job[]; now: number },
): Promise<Pick<Plan, 'site' | 'order' | 'leftOut'>> => {
  const { runId, site: ref } = run
  if (!ref) return {}
  const seal = sealOf(jobs)?.spec
  const plan = await readSitePlan(catalog, runId, ref)
  if (!plan || seal?.kind !== 'seal-site-point') return without('what it went by is not known')
  const taskIds = failed.flatMap(({ siteTask }) => siteTask ?? [])
  const again = new Set(taskIds)
  const takesFrom = runsOfSite(run)
  const taken = (await readTaskOutcomes(catalog, takesFrom)).flatMap(({ taskId, point }) =>
    point && !again.has(taskId) ? [point.taken] : [],
  )
  const age = taken.length === 0 ? 0 : now - taken.reduce((a, b) => Math.min(a, b))
  if (age > OLDEST_MEMBER_MS)
    return without(`the oldest of its other members is of ${durationText(age)} ago`)
  return {
    site: { plan, taskIds, seal, takesFrom },
    order: orderAmong(plan.graph.tasks, inPlaces(plan.graph.tasks, taskIds)),
  }
}

const without = (why: string): Pick<Plan, 'leftOut'> => ({
  leftOut: `No site point comes of it, because ${why}: the next run of the site makes one.`,
})

const inPlaces = (tasks: readonly SiteTask[], ids: readonly string[]): SiteTask[] => {
  const by = new Map(tasks.map(task => [task.id, task]))
  return ids.flatMap(id => by.get(id) ?? [])
}
