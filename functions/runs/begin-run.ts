import type { Approval } from '#core/access/approval.ts'
import { asXenkeepError, toProblem } from '#core/errors/base.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { waitingRun } from '#core/runs/approvals.ts'
import { guardServed } from '#core/runs/guard-served.ts'
import type { Job } from '#core/runs/job.ts'
import { countedJobs, type Run } from '#core/runs/run.ts'
import { closeRun, createRun } from '#core/runs/runs-catalog.ts'
import type { Plan } from '../plans/plan.ts'
import type { Ports } from '../ports.ts'
import { driveRun } from './drive-run.ts'
import { jobsOf } from './jobs-of.ts'

export type BeginPorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region'>

/**
 * Stores a run with its jobs and starts its workflow, or has it wait for approval.
 * @param runId a new one unless told
 * @param beside written in one piece with the run
 * @param notStarted asked where the workflow does not start; the run ends unless told
 * @returns the run's id
 * @throws `GATEWAY_SILENT` where nobody serves the pool of a job, `NO_MAINTENANCE_GATEWAY`, `CATALOG_CONFLICT` where something of `beside` is there already
 */
export const beginRun = async (
  ports: BeginPorts,
  {
    kind,
    beginBefore,
    approval,
    approvalForetold,
    startedBy,
    retryOf,
    goesOnFrom,
    ...plan
  }: Plan & Origin & Pick<Run, 'kind' | 'approval' | 'approvalForetold'>,
  runId = ulidMaker(ports)(),
  beside: readonly CatalogWrite[] = [],
  notStarted?: WhenNotStarted,
): Promise<string> => {
  const gateways = await readGateways(ports.catalog)
  for (const spec of plan.specs) guardServed(gateways, spec)
  const origin = originOf({ beginBefore, startedBy, retryOf, goesOnFrom })
  const run = await newRun(ports, { runId, kind, title: plan.title, ...origin })
  const { jobs, counted } = countedJobs(jobsOf(ports, run, plan))
  const whole = {
    ...run,
    ...(counted && { counted }),
    ...(approvalForetold && { approvalForetold }),
  }
  if (!approval) return begin(ports, whole, jobs, beside, notStarted)
  const asked = approvalAsked(run, approval, ulidMaker(ports)())
  await createRun(ports.catalog, waitingRun(whole, approval), jobs, [...beside, ...asked])
  return runId
}

/**
 * Stores a run with its request alone; its first task makes the jobs, however many (make-jobs.ts). VMs of a pool that no gateway serves keep the others from
 * nothing: their jobs wait for a gateway, and fail without one.
 * @param plan what the request comes to by now: it is refused here if at all, and gives the run its title
 * @param notStarted as of `beginRun`; the run is left to whoever looks after runs unless told
 * @returns the run's id
 * @throws `CATALOG_CONFLICT` where something of `beside` is there already
 */
export const beginRequested = async (
  ports: BeginPorts,
  request: NonNullable<Run['request']>,
  { title, policy, ...origin }: Pick<Plan, 'title' | 'policy'> & Origin,
  runId: string,
  beside: readonly CatalogWrite[] = [],
  notStarted: WhenNotStarted = leaveToTending,
): Promise<string> => {
  const kind = request.kind === 'maintenance' ? request.kind : 'backup'
  const run = await newRun(ports, { runId, kind, title, ...policy, ...originOf(origin) })
  return begin(ports, { ...run, request }, [], beside, notStarted)
}

/**
 * What becomes of a run whose workflow does not start: it is left to whoever looks after runs, or it ends.
 * @returns what is written in one piece with its end
 */
export type WhenNotStarted = (error: unknown) => 'stays-open' | readonly CatalogWrite[]

/**
 * The occasion of a schedule is decided by the run that is stored with it and comes only once, so a workflow that does not answer just now does not end the run:
 * it is started when runs are looked after.
 */
export const leaveToTending: WhenNotStarted = error =>
  asXenkeepError(error).retryable ? 'stays-open' : []

/**
 * What a person asked for begins now or not at all: a restore that begins by itself an hour later might meet what was done by hand meanwhile. The caller is told, and
 * whoever asks again under the same key is answered with a run of its own and not with the one that ended.
 */
export const endsAtOnce =
  (withdraw: CatalogWrite | undefined): WhenNotStarted =>
  () =>
    withdraw ? [withdraw] : []

/** Where a run comes from, and until when it may begin anything. */
type Origin = { [K in 'beginBefore' | 'startedBy' | 'retryOf' | 'goesOnFrom']?: Run[K] | undefined }

const originOf = ({ beginBefore, startedBy, retryOf, goesOnFrom }: Origin) => ({
  ...(beginBefore !== undefined && { beginBefore }),
  ...(startedBy !== undefined && { startedBy }),
  ...(retryOf !== undefined && { retryOf }),
  ...(goesOnFrom !== undefined && { goesOnFrom }),
})

const newRun = async (
  { clock, region }: BeginPorts,
  of: Omit<Run, 'state' | 'started' | 'attempt'>,
): Promise<Run> => {
  const { epoch } = await region.view()
  return {
    ...of,
    state: 'running',
    started: clock.now(),
    attempt: 1,
    ...(epoch > 0 && { regionEpoch: epoch }),
  }
}

const begin = async (
  ports: BeginPorts,
  run: Run,
  jobs: readonly Job[],
  beside: readonly CatalogWrite[],
  notStarted: WhenNotStarted = () => [],
): Promise<string> => {
  await createRun(ports.catalog, run, jobs, beside)
  try {
    await driveRun(ports, run)
  } catch (error) {
    const undone = notStarted(error)
    if (undone === 'stays-open') return run.runId
    await closeRun(ports.catalog, run.runId, toProblem(error), ports.clock.now(), () => undone)
    throw error
  }
  return run.runId
}

/** Told together with the run that waits. */
const approvalAsked = (
  { runId, kind, title, started }: Run,
  { askedBy }: Approval,
  eventId: string,
): CatalogWrite[] =>
  announcement({
    ...{ kind: 'restore-approval-asked', eventId, at: started, approvalId: runId, runId },
    ...(kind === 'files' && { asksFor: kind }),
    askedBy: askedBy.slice(0, 500),
    title,
  })
