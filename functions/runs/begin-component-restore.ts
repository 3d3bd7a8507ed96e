import { approvalFor } from '#core/access/approval.ts'
import type { RestoreComponentRequest } from '#core/contracts/component-runs.ts'
import type { CatalogWrite, Person } from '#core/ports.ts'
import { planComponentRestore } from '../plans/component-restore.ts'
import { assertWholeHere } from '../plans/whole-here.ts'
import type { Ports } from '../ports.ts'
import { beginRun, endsAtOnce } from './begin-run.ts'

type BeginPorts = Pick<
  Ports,
  'catalog' | 'clock' | 'random' | 'workflow' | 'region' | 'restoreApproval'
>

/**
 * Begins to restore a component, goes on with one, or gives one up. What goes on was approved as a whole when it began, so it is not asked about again unless it sets a rule aside.
 * @returns the run's id
 * @throws as the plan and `beginRun`
 */
export const beginComponentRestore = async (
  ports: BeginPorts,
  body: RestoreComponentRequest,
  asked: {
    runId: string
    caller: Person
    beside: readonly CatalogWrite[]
    withdraw: CatalogWrite | undefined
  },
): Promise<string> => {
  const { runId, caller, beside, withdraw } = asked
  const { catalog, clock, restoreApproval } = ports
  const { kind: _, ...wanted } = body
  const { plan, goesOnFrom, beside: own } = await planComponentRestore(catalog, wanted)
  await assertWholeHere(ports, plan.specs)
  const approval = approvalFor(plan.specs, caller, restoreApproval)
  const run = { kind: 'restore' as const, ...plan, startedBy: caller.name, goesOnFrom }
  const writes = [...beside, ...own({ runId, by: caller.name, now: clock.now() })]
  return beginRun(
    ports,
    { ...run, ...(approval && { approval }) },
    runId,
    writes,
    endsAtOnce(withdraw),
  )
}
