import { approvalFor, approvalForetold } from '#core/access/approval.ts'
import type { MaintenanceRequest } from '#core/contracts/maintenance.ts'
import { RoleInsufficientError } from '#core/errors/request.ts'
import { ulidMaker } from '#core/ids.ts'
import type { Person } from '#core/ports.ts'
import { beginFiles } from '../../files/begin-files.ts'
import { beginMaintenance } from '../../maintenance/begin-maintenance.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { planOf } from '../../plans/index.ts'
import { assertWholeHere } from '../../plans/whole-here.ts'
import type { Ports } from '../../ports.ts'
import { beginComponentRestore } from '../../runs/begin-component-restore.ts'
import { beginRequested, beginRun, endsAtOnce } from '../../runs/begin-run.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Plans a run, stores it and starts its workflow. What cannot be done at all is refused here; a gateway that is merely
 * silent is waited for, and the run's line says so. A restore that somebody has to agree to waits for that. The jobs of a policy's run, of which there may be
 * many, are made by the run's first task. A look at files ends an earlier one of the same person at the same point. Under an idempotency key, the key's answer is stored in one piece with the run.
 */
export const startRun =
  (
    ports: Pick<
      Ports,
      'catalog' | 'clock' | 'random' | 'workflow' | 'region' | 'restoreApproval' | 'secondCopy'
    >,
  ) =>
  async ({
    body,
    caller,
    settle,
    withdraw,
  }: RouteCall<'startRun'>): Promise<RouteReply<'startRun'>> => {
    const runId = ulidMaker(ports)()
    const beside = settle ? [settle({ runId })] : []
    const startedBy = caller.name
    if (body.kind === 'maintenance') {
      assertMayMaintain(caller, body)
      return {
        runId: await beginMaintenance(
          ports,
          { ...body, startedBy },
          runId,
          beside,
          endsAtOnce(withdraw),
        ),
      }
    }
    if (body.kind === 'component-restore')
      return {
        runId: await beginComponentRestore(ports, body, { runId, caller, beside, withdraw }),
      }
    const plan = await planOf(ports.catalog, body, ports.clock.now())
    if (body.kind === 'policy' || body.kind === 'site')
      return { runId: await beginRequested(ports, body, { ...plan, startedBy }, runId, beside) }
    const isTried = body.kind === 'restore' && body.evenIfIncomplete
    if (READS_POINTS.includes(body.kind) && !isTried) await assertWholeHere(ports, plan.specs)
    const look =
      body.kind === 'files'
        ? await beginFiles(ports, { runId, pointId: body.pointId }, caller)
        : undefined
    const approval = approvalFor(plan.specs, caller, ports.restoreApproval)
    const foretold =
      body.kind === 'site-plan'
        ? STEPS_ASK
        : approvalForetold(plan.specs, caller, ports.restoreApproval)
    const wanted = {
      ...{ kind: runKind(body.kind), ...plan, startedBy },
      ...(approval && { approval }),
      ...(foretold !== undefined && { approvalForetold: foretold }),
    }
    const writes = [...beside, ...(look?.writes ?? [])]
    await beginRun(ports, wanted, runId, writes, endsAtOnce(withdraw))
    await look?.endFormer()
    return { runId }
  }

type Kind = RouteCall<'startRun'>['body']['kind']

/** Of a restore of a site. */
const STEPS_ASK = 'Nothing is restored by it; each step of the restore asks for itself.'

/** In a region that took over, not all of a point may be there yet. */
const READS_POINTS: readonly Kind[] = ['restore', 'files', 'site-plan']

/** What the run of a component, or of a plan, is. */
const runKind = <K extends Kind>(kind: K) => {
  if (kind === 'component-backup') return 'backup'
  if (kind === 'site-plan') return 'restore'
  return kind as Exclude<K, 'component-backup' | 'site-plan'>
}

/**
 * Whoever may start runs may have the repository verified and compared with its second copy; what removes asks for more.
 * @throws `ROLE_INSUFFICIENT`
 */
const assertMayMaintain = ({ name, role }: Person, { steps }: MaintenanceRequest): void => {
  if (role === 'administrator' || steps.every(step => step === 'verify' || step === 'compare'))
    return
  throw new RoleInsufficientError(name, role, 'administrator')
}

export const handler = httpHandler('startRun', startRun)
