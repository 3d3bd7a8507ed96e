import type { JobSpec } from '#core/contracts/jobs.ts'
import type { RunProgramSpec } from '#core/contracts/run-programs.ts'
import type { RunView } from '#core/contracts/runs-api.ts'
import { RetryRefusedError } from '#core/errors/control.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { isGood, type Job } from '#core/runs/job.ts'
import { readBriefs } from '#core/runs/jobs-catalog.ts'
import { membersOf, programsOf } from '#core/runs/programs.ts'
import type { Run } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import { type Plan, titleOf } from './plan.ts'
import { isSealMissing, siteOfRetry } from './retry-site.ts'

/** Before the title of a run that does something again; once, however often it is tried. */
const AGAIN = 'again: '

/**
 * What failed or was cancelled in a run that has ended, as it was asked for then: with its methods, locks and consents, and with the programs around the run. What
 * was skipped is not: why, stays true. Of a site it makes a site point of its own, which takes what was saved before.
 * @throws `RETRY_REFUSED`; `POINT_NOT_FOUND` where a point to be restored is gone
 */
export const planRetry = async (
  catalog: Catalog,
  { runId }: { runId: string },
  now: number,
): Promise<Plan> => {
  const run = (await readRun(catalog, runId)).value
  guardKind(run)
  const jobs = await readBriefs(catalog, runId)
  // It ended before it had made its jobs: they are those of the run before it.
  if (jobs.length === 0 && run.request?.kind === 'retry')
    return planRetry(catalog, run.request, now)
  const members = membersOf(jobs)
  const failed = members.filter(isToBeRetried)
  if (failed.length > 0 || !isSealMissing(run, jobs)) guardFailed(run, members, failed)
  if (failed.some(({ spec }) => spec.kind === 'restore-component'))
    throw new RetryRefusedError(
      runId,
      'it restores a component of a guest, and what its steps did is done',
      'Go on from a step with "xenkeep guests restore POINT --from STEP", or begin anew without --from.',
    )
  const specs = failed.map(({ spec }) => bare(spec))
  const pointIds = specs.flatMap(spec => ('pointId' in spec && spec.pointId) || [])
  await someAtOnce(pointIds, pointId => readPoint(catalog, pointId))
  const title = run.title.startsWith(AGAIN) ? run.title.slice(AGAIN.length) : run.title
  const names = titleOf(specs.map(subjectOf))
  const jobsAtOnce = failed.find(job => job.jobsAtOnce !== undefined)?.jobsAtOnce
  return {
    title: `${AGAIN}${failed.length === members.length ? title : names}`.slice(0, 500),
    specs,
    ...policyOf(run),
    ...(jobsAtOnce !== undefined && { jobsAtOnce }),
    ...togetherOf(failed),
    ...programsAround(jobs, failed.length),
    ...(await siteOfRetry(catalog, run, { jobs, failed, now })),
  }
}

/** A boot check that found a point that does not boot has done its work, and did not end well. */
const isToBeRetried = ({ outcome }: Job): boolean =>
  outcome !== undefined && outcome.status !== 'skipped' && !isGood(outcome)

const REFUSED: Partial<Record<RunView['kind'], readonly [why: string, advice: string]>> = {
  maintenance: [
    'it is work on the repository, which begins anew as a whole',
    'Start it with "xenkeep maintenance run"; a deletion or a hold is asked for again at its point.',
  ],
  replication: [
    'it is a round of a standby, and the next round brings what this one did not',
    'See how the standby stands with "xenkeep replicas".',
  ],
  files: [
    'it was a look at files, for a page that was open then',
    'Begin a new look at the files of the point.',
  ],
  failover: [
    'what is done at a standby depends on how that stands now',
    'See that with "xenkeep replicas", and ask for it there again.',
  ],
}

const guardKind = ({ runId, kind }: Run): void => {
  const refused = REFUSED[kind]
  if (refused) throw new RetryRefusedError(runId, ...refused)
}

/**
 * Whether a run may be tried again at all, before one that does so is stored: from then on the plan is made however often it takes.
 * @throws `RETRY_REFUSED`
 */
export const guardRetry = ({ runId, state, retriedBy }: Run): void => {
  if (state === 'running' || state === 'waiting')
    throw new RetryRefusedError(
      runId,
      'it has not ended',
      'Wait for its end, or cancel it with "xenkeep cancel RUN".',
    )
  if (retriedBy !== undefined)
    throw new RetryRefusedError(
      runId,
      `what failed in it was tried again by the run ${retriedBy}`,
      'See what became of that; where something failed in it too, try that run again.',
    )
}

const guardFailed = ({ runId }: Run, members: readonly Job[], failed: readonly Job[]): void => {
  const anew = 'Start it again as it was started at first.'
  if (members.length === 0)
    throw new RetryRefusedError(runId, 'it ended before it had anything to do', anew)
  if (failed.length === 0)
    throw new RetryRefusedError(
      runId,
      'nothing failed in it, and nothing was cancelled',
      `What was skipped tells why, and would be skipped again. ${anew}`,
    )
  if (failed.some(({ spec }) => spec.kind === 'test-failover'))
    throw new RetryRefusedError(runId, ...(REFUSED.failover ?? ['', '']))
}

/** Without what tied it to the other members of its run: a site point that is sealed takes no member any more, and a new one marks them anew. */
const bare = (spec: JobSpec): JobSpec => {
  if (spec.kind === 'backup-vm') {
    const { group: _, site: _site, ...rest } = spec
    return rest
  }
  if (!('site' in spec)) return spec
  const { site: _, ...rest } = spec
  return rest
}

const policyOf = ({ policyId, policyName = '' }: Run): Pick<Plan, 'policy'> =>
  policyId === undefined ? {} : { policy: { policyId, policyName } }

/** Those that failed are snapshotted together again, where more than one did. */
const togetherOf = (failed: readonly Job[]): Pick<Plan, 'together'> => {
  const groups = failed.flatMap(({ spec }) =>
    spec.kind === 'backup-vm' && spec.group ? [spec.group] : [],
  )
  const [group] = groups
  return group && groups.length > 1 ? { together: { whenOneFails: group.whenOneFails } } : {}
}

/** A retry is a run like the other: what has to stand still for the one has to for the other. */
const programsAround = (jobs: readonly Job[], vms: number): Pick<Plan, 'before' | 'after'> => {
  const again = (when: RunProgramSpec['when']): RunProgramSpec | undefined => {
    const spec = programsOf(jobs).find(job => job.spec.when === when)?.spec
    if (!spec) return undefined
    const { status: _, ...rest } = spec
    return { ...rest, vms }
  }
  const [before, after] = [again('before'), again('after')]
  return { ...(before && { before }), ...(after && { after }) }
}
