import { approvalFor, approvalForetold } from '#core/access/approval.ts'
import { RestoreRule, type RuleOverride, RuleOverrides } from '#core/contracts/restore-rules.ts'
import type { SiteRestoreJob } from '#core/contracts/site-restore-plan.ts'
import { SiteStepRefusedError } from '#core/errors/sites.ts'
import { ulidMaker } from '#core/ids.ts'
import type { Catalog, CatalogItem } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import { begunBy, type Doing, type StoredStep } from '#core/sites/site-restore.ts'
import { stepWrite } from '#core/sites/site-restores-catalog.ts'
import type { RouteCall, RouteReply } from '../middleware/route-call.ts'
import { type ComponentRestorePlan, planComponentRestore } from '../plans/component-restore.ts'
import type { Plan } from '../plans/plan.ts'
import { planRestore } from '../plans/restore.ts'
import { assertWholeHere } from '../plans/whole-here.ts'
import type { Ports } from '../ports.ts'
import { beginRun, endsAtOnce } from '../runs/begin-run.ts'

type BeginStepPorts = Pick<
  Ports,
  'catalog' | 'clock' | 'random' | 'workflow' | 'region' | 'restoreApproval'
>
type Call = RouteCall<'stepSiteRestore'>

/**
 * Has an automatic step done by an ordinary run, with the approvals that such a restore takes. The run and that it is the step's are written in one piece: of two who
 * start a step at once, one does.
 * @throws as the restore that it is; `SITE_STEP_REFUSED`
 */
export const beginSiteStep = async (
  ports: BeginStepPorts,
  { body, caller, settle, withdraw }: Call,
  item: CatalogItem<StoredStep>,
  doing: Doing,
): Promise<RouteReply<'stepSiteRestore'>> => {
  const { step } = item.value
  if (!step.job)
    throw new SiteStepRefusedError(
      step.title,
      'there is nothing that a run could do for it.',
      'Do by hand what it says, and confirm it with a reason.',
    )
  const runId = ulidMaker(ports)()
  const { plan, goesOnFrom, beside } =
    step.job.kind === 'restore-component'
      ? await planComponent(ports.catalog, step.job, body)
      : {
          ...NO_COMPONENT,
          plan: await planOfJob(ports.catalog, step.job, step.title, body, ports.clock.now()),
        }
  await assertWholeHere(ports, plan.specs)
  const approval = approvalFor(plan.specs, caller, ports.restoreApproval)
  const foretold = approvalForetold(plan.specs, caller, ports.restoreApproval)
  const reply = {
    step: body.step,
    state: approval ? ('waiting' as const) : ('running' as const),
    runId,
  }
  await beginRun(
    ports,
    {
      ...{ kind: 'restore', ...plan, startedBy: caller.name, goesOnFrom },
      ...(approval && { approval }),
      ...(foretold !== undefined && { approvalForetold: foretold }),
    },
    runId,
    [
      stepWrite(item, begunBy(item.value, runId, doing, body.from)),
      ...beside({ runId, by: caller.name, now: doing.at }),
      ...(settle ? [settle(reply)] : []),
    ],
    endsAtOnce(withdraw),
  )
  return reply
}

const planOfJob = async (
  catalog: Catalog,
  job: Exclude<SiteRestoreJob, { kind: 'restore-component' }>,
  title: string,
  { restore = {}, because, overrides }: Call['body'],
  now: number,
): Promise<Plan> => {
  if (job.kind === 'restore-vm') {
    const { identity } = job
    const wanted = restore.wishes?.identity ?? identity
    if (wanted !== identity && because === undefined)
      throw new SiteStepRefusedError(
        title,
        `the VM is to come back with the identity "${identity}", and "${wanted}" was asked for without a reason.`,
        'Leave the identity as the plan has it, or say with "because" why another one is right here.',
      )
    const { poolUuid, srUuid, newName, start, wishes } = restore
    const aside = overrides && { overrides: rulesOf(title, overrides) }
    return planRestore(
      catalog,
      {
        kind: 'restore',
        pointId: job.pointId,
        poolUuid: poolUuid ?? job.poolUuid,
        ...(srUuid && { srUuid }),
        ...(newName !== undefined && { newName }),
        start: start ?? (wanted === 'disks-only' ? false : job.start),
        wishes: { ...wishes, identity: wanted, ...aside },
      },
      now,
    )
  }
  return planRestore(
    catalog,
    {
      kind: 'restore',
      ...{ pointId: job.pointId, poolUuid: restore.poolUuid ?? job.poolUuid, start: false },
      wishes: { planOnly: true },
    },
    now,
  )
}

/** A component comes back where it was; `from` goes on with it. */
const planComponent = async (
  catalog: Catalog,
  { pointId, guestName, recipe }: Extract<SiteRestoreJob, { kind: 'restore-component' }>,
  { from, overrides }: Pick<Call['body'], 'from' | 'overrides'>,
): Promise<ComponentRestorePlan> => {
  const steps = from === undefined ? undefined : { from }
  const planned = await planComponentRestore(catalog, {
    ...{ pointId, target: 'original', steps, overrides },
  })
  return { ...planned, plan: { ...planned.plan, title: `${quoted(guestName, 200)}: ${recipe}` } }
}

const NO_COMPONENT: Pick<ComponentRestorePlan, 'goesOnFrom' | 'beside'> = { beside: () => [] }

/** Rules of restores of VMs, where recipes have others. @throws `SITE_STEP_REFUSED` */
const rulesOf = (
  title: string,
  overrides: NonNullable<Call['body']['overrides']>,
): RuleOverride[] => {
  const parsed = RuleOverrides.safeParse(overrides)
  if (parsed.success) return parsed.data
  throw new SiteStepRefusedError(
    title,
    'it sets aside what is no rule of restores of VMs, sets one aside twice, or gives a reason of less than 10 characters.',
    `The rules are ${RestoreRule.options.join(', ')}.`,
  )
}
