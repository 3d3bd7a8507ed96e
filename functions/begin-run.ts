import type { Approval } from '#core/access/approval.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import { toProblem } from '#core/errors/base.ts'
import { GatewaySilentError } from '#core/errors/control.ts'
import { NoMaintenanceGatewayError } from '#core/errors/maintenance.ts'
import { type Gateway, readGateways } from '#core/gateways/gateway.ts'
import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { waitingRun } from '#core/runs/approvals.ts'
import { quoted, servingQueue, subjectInWords } from '#core/runs/explain.ts'
import { newJob } from '#core/runs/job.ts'
import type { Run } from '#core/runs/run.ts'
import { closeRun, createRun } from '#core/runs/runs-catalog.ts'
import { isForPool, queueOf } from '#core/runs/work-of.ts'
import { driveRun } from './drive-run.ts'
import type { Plan } from './plans/plan.ts'
import { asGroup } from './plans/together.ts'
import type { Ports } from './ports.ts'

/**
 * Stores a run with its jobs and starts its workflow, or has it wait for approval.
 * @param runId a new one unless told
 * @param beside written in one piece with the run
 * @returns the run's id
 * @throws `GATEWAY_SILENT` where nobody serves the pool of a job, `NO_MAINTENANCE_GATEWAY`, `CATALOG_CONFLICT` where something of `beside` is there already
 */
export const beginRun = async (
  { catalog, clock, random, workflow }: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow'>,
  {
    kind,
    title,
    specs,
    together,
    policy,
    jobsAtOnce,
    beginBefore,
    approval,
  }: Plan & Pick<Run, 'kind' | 'beginBefore' | 'approval'>,
  runId?: string,
  beside: readonly CatalogWrite[] = [],
): Promise<string> => {
  const gateways = await readGateways(catalog)
  // Of a policy's many VMs those of one pool must not keep the others: theirs wait for a gateway, and fail without one.
  if (!policy) for (const spec of specs) guardServed(gateways, spec)
  const newId = ulidMaker({ clock, random })
  const started = clock.now()
  const run: Run = {
    ...{ runId: runId ?? newId(), kind, state: 'running', title, started, attempt: 1 },
    ...policy,
    ...(beginBefore !== undefined && { beginBefore }),
  }
  const bounds = {
    ...(beginBefore !== undefined && { beginBefore }),
    ...(jobsAtOnce !== undefined && { jobsAtOnce }),
  }
  const jobs = specs.map(spec => ({ ...newJob(newId(), run.runId, spec, started), ...bounds }))
  const members = together ? asGroup(jobs, together.whenOneFails) : jobs
  if (approval) {
    const asked = approvalAsked(run, approval, newId())
    await createRun(catalog, waitingRun(run, approval), members, [...beside, ...asked])
    return run.runId
  }
  await createRun(catalog, run, members, beside)
  try {
    await driveRun({ catalog, clock, workflow }, run)
  } catch (error) {
    await closeRun(catalog, run.runId, toProblem(error), clock.now())
    throw error
  }
  return run.runId
}

/** Told together with the run that waits. */
const approvalAsked = (
  { runId, title, started }: Run,
  { askedBy }: Approval,
  eventId: string,
): CatalogWrite[] =>
  announcement({
    ...{ kind: 'restore-approval-asked', eventId, at: started, approvalId: runId, runId },
    askedBy: askedBy.slice(0, 500),
    title,
  })

const guardServed = (gateways: readonly Gateway[], spec: JobSpec): void => {
  if (servingQueue(queueOf(spec), gateways).length > 0) return
  if (!isForPool(spec)) throw new NoMaintenanceGatewayError()
  // A gateway that never reached a pool does not know which it is.
  const [trouble] = gateways.flatMap(({ name, unreachable = [] }) =>
    unreachable.map(
      ({ address, problem }) =>
        ` Gateway ${quoted(name)} cannot use the pool at ${address}: ${problem}`,
    ),
  )
  throw new GatewaySilentError(
    `No enrolled gateway serves the pool ${spec.poolUuid} of ${subjectInWords(spec)}.${trouble ?? ''}`,
  )
}
