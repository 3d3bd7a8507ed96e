import { keys } from '#core/catalog/keys.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import type { Run } from '#core/runs/run.ts'
import { lookAt } from '#core/runs/runs-catalog.ts'
import { viewRun } from '#core/runs/views.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Runs, newest first. */
export const listRuns =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ query }: RouteCall<'listRuns'>): Promise<RouteReply<'listRuns'>> => {
    const { limit = 100, after } = query
    const page = await catalog.query<Run>(keys.run('').pk, {
      descending: true,
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const gateways = await readGateways(catalog)
    const items = await Promise.all(
      page.items.map(async ({ value: run }) => {
        return viewRun(run, await lookAt(catalog, run), gateways, clock.now())
      }),
    )
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listRuns', listRuns)
