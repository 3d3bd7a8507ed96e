import { ulidMaker } from '#core/ids.ts'
import { type Job, newJob } from '#core/runs/job.ts'
import type { Run } from '#core/runs/run.ts'
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
  { specs, together, jobsAtOnce }: Plan,
): Job[] => {
  const newId = ulidMaker(ports)
  const bounds = {
    ...(beginBefore !== undefined && { beginBefore }),
    ...(jobsAtOnce !== undefined && { jobsAtOnce }),
  }
  const now = ports.clock.now()
  const jobs = specs.map(spec => ({ ...newJob(newId(), runId, spec, now), ...bounds }))
  return together ? asGroup(jobs, together.whenOneFails) : jobs
}
