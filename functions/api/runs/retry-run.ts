import { approvalFor } from '#core/access/approval.ts'
import { keys } from '#core/catalog/keys.ts'
import { ulidMaker } from '#core/ids.ts'
import type { CatalogItem, CatalogWrite } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { noted } from '#core/runs/run-log.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { planOf } from '../../plans/index.ts'
import { guardRetry } from '../../plans/retry.ts'
import { assertWholeHere } from '../../plans/whole-here.ts'
import type { Ports } from '../../ports.ts'
import { beginRequested, beginRun, endsAtOnce } from '../../runs/begin-run.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Starts a run of the same kind with what failed or was cancelled in one that has ended. Each of the two names the other, in one write with the new one, so that a run
 * is tried again once. A restore that somebody had to agree to is asked about again.
 */
export const retryRun =
  (
    ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region' | 'restoreApproval'>,
  ) =>
  async ({
    params,
    caller,
    settle,
    withdraw,
  }: RouteCall<'retryRun'>): Promise<RouteReply<'retryRun'>> => {
    const { catalog, clock } = ports
    const now = clock.now()
    const former = await readRun(catalog, params.runId)
    const { kind } = former.value
    guardRetry(former.value)
    const request = { kind: 'retry' as const, runId: params.runId }
    const plan = await planOf(catalog, request, now)
    const runId = ulidMaker(ports)()
    const beside = [
      retriedBy(former, { runId, who: caller.name, now }),
      ...(settle ? [settle({ runId })] : []),
    ]
    const origin = { startedBy: caller.name, retryOf: params.runId }
    // Of backups there may be thousands, and the first task makes their jobs.
    if (kind === 'backup')
      return { runId: await beginRequested(ports, request, { ...plan, ...origin }, runId, beside) }
    await assertWholeHere(ports, plan.specs)
    const approval = approvalFor(plan.specs, caller, ports.restoreApproval)
    const wanted = { kind, ...plan, ...origin, ...(approval && { approval }) }
    return { runId: await beginRun(ports, wanted, runId, beside, endsAtOnce(withdraw)) }
  }

const retriedBy = (
  { value, version }: CatalogItem<Run>,
  { runId, who, now }: { runId: string; who: string; now: number },
): CatalogWrite => ({
  kind: 'put',
  key: keys.run(value.runId),
  value: noted(
    { ...value, retriedBy: runId },
    now,
    `tried again by ${who.slice(0, 200)}: run ${runId}`,
  ),
  expect: { version },
})

export const handler = httpHandler('retryRun', retryRun)
