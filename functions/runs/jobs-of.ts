import type { JobSpec } from '#core/contracts/jobs.ts'
import { ulidMaker } from '#core/ids.ts'
import { type Job, newJob } from '#core/runs/job.ts'
import type { Run } from '#core/runs/run.ts'
import type { SitePlan } from '#core/sites/site-plan.ts'
import type { Plan } from '../plans/plan.ts'
import { asGroup } from '../plans/together.ts'
import type { Ports } from '../ports.ts'

/**
 * The jobs that a plan comes to, each with an id of its own.
 * @throws `GROUP_UNSUITABLE`
 */
export const jobsOf = (
  ports: Pick<Ports, 'clock' | 'random'>,
  { runId, beginBefore }: Pick<Run, 'runId' | 'beginBefore'>,
  { specs, together, jobsAtOnce, before, after, order: places, site }: Plan,
): Job[] => {
  const newId = ulidMaker(ports)
  const bound = beginBefore !== undefined && { beginBefore }
  const now = ports.clock.now()
  const jobFor = (spec: JobSpec): Job => newJob(newId(), runId, spec, now)
  // Ids ascend: the first job is the one before, the last one that after.
  const first = before ? [{ ...jobFor(before), ...bound }] : []
  const order = first[0] ? { startsAfter: first[0].jobId } : {}
  const bounds = { ...bound, ...(jobsAtOnce !== undefined && { jobsAtOnce }), ...order }
  const ids = specs.map(newId)
  const jobs = specs.map((spec, index): Job => {
    const earlier = places?.[index]?.flatMap(place => ids[place] ?? []) ?? []
    const taskId = site?.taskIds[index]
    return {
      ...newJob(
        ids[index] ?? newId(),
        runId,
        site ? memberSpec(spec, site.plan, runId) : spec,
        now,
      ),
      ...bounds,
      ...(earlier.length > 0 && {
        startsAfter: [...first.map(({ jobId }) => jobId), ...earlier],
      }),
      ...(taskId !== undefined && { siteTask: taskId }),
    }
  })
  const last = [
    ...(site ? [jobFor(site.seal)] : []),
    ...(after ? [{ ...jobFor(after), ...order }] : []),
  ]
  return [...first, ...(together ? asGroup(jobs, together.whenOneFails) : jobs), ...last]
}

/** A backup says whose member its point is: the site point of the run names it. */
const memberSpec = (spec: JobSpec, { siteId }: SitePlan, runId: string): JobSpec => {
  switch (spec.kind) {
    case 'backup-vm':
    case 'backup-template':
    case 'backup-pool-metadata':
    case 'backup-host':
    case 'capture-component':
      return { ...spec, site: { siteId, runId } }
    default:
      return spec
  }
}
