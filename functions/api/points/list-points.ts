import { heldTexts } from '#core/maintenance/held-locks.ts'
import { readBackStatus } from '#core/maintenance/read-back.ts'
import { readRepositoryState } from '#core/maintenance/state.ts'
import { listPoints as pageOfPoints, readPoint } from '#core/points/points-catalog.ts'
import { withReplicated } from '#core/replicated/replicated-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { vmsWithPoints } from './vms-with-points.ts'

/** Recovery points, newest first; of one VM also when it does not exist any more. */
export const listPoints =
  ({ catalog, clock, repositoryAddress }: Pick<Ports, 'catalog' | 'clock' | 'repositoryAddress'>) =>
  async ({ query }: RouteCall<'listPoints'>): Promise<RouteReply<'listPoints'>> => {
    const { vm, limit = 100, after, point } = query
    const vmUuids = vm === undefined ? undefined : await vmsWithPoints(catalog, vm)
    const page =
      point === undefined
        ? await pageOfPoints(catalog, { limit, after }, vmUuids)
        : { items: [await readPoint(catalog, point)] }
    const { verification, readBack } = await readRepositoryState(catalog)
    const readBackOf = readBackStatus(readBack, clock.now())
    const affected = new Set(verification?.report.affected)
    const at = { now: clock.now(), address: repositoryAddress }
    const held = await heldTexts(catalog, page.items, at)
    return {
      ...page,
      items: (await withReplicated(catalog, page.items)).map(point => {
        const text = held.get(point.pointId)
        return {
          ...point,
          ...(affected.has(point.pointId) && { damaged: true as const }),
          ...(text !== undefined && { held: text }),
          ...readBackOf(point),
        }
      }),
    }
  }

export const handler = httpHandler('listPoints', listPoints)
