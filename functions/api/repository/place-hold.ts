import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { placeHold as enterHold, type Hold } from '#core/maintenance/holds.ts'
import { beingRemoved } from '#core/maintenance/removals.ts'
import { type ProtectedVm, readPoint } from '#core/points/points-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

type Call = RouteCall<'placeHold'>

/**
 * Forbids that a point, or any point of a VM, is deleted. First the hold is written, then it is looked whether a job is deleting one of them in this
 * very moment; who deletes does it the other way round (core/maintenance/confirm-removal.ts).
 */
export const placeHold =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ body, caller }: Call): Promise<RouteReply<'placeHold'>> => {
    const { on, reason, until } = body
    const now = clock.now()
    if (until !== undefined && until <= now)
      throw new RequestInvalidError('the hold would end before it begins.')
    const hold: Hold = {
      ...on,
      ...(await nameOf(catalog, on)),
      ...{ reason, by: caller.name.slice(0, 500), at: now },
      ...(until !== undefined && { until }),
    }
    await enterHold(catalog, on, hold)
    return { hold, beingRemoved: await removedNow(catalog, on, now) }
  }

/** @throws `POINT_NOT_FOUND`; a VM may be one that has no points yet */
const nameOf = async (
  catalog: Ports['catalog'],
  on: Call['body']['on'],
): Promise<{ vmName?: string }> => {
  if ('pointId' in on) return { vmName: (await readPoint(catalog, on.pointId)).vmName }
  const vm = await catalog.get<ProtectedVm>(keys.protectedVm(on.vmUuid))
  return vm ? { vmName: vm.value.name } : {}
}

const removedNow = async (
  catalog: Ports['catalog'],
  on: Call['body']['on'],
  now: number,
): Promise<string[]> => {
  const found = new Set<string>()
  for await (const pointId of beingRemoved(catalog, now, 'pointId' in on ? on.pointId : '')) {
    const isMeant =
      'pointId' in on ||
      (await catalog.get<PointSummary>(keys.vmPoint(on.vmUuid, pointId))) !== undefined
    if (isMeant) found.add(pointId)
  }
  return [...found]
}

export const handler = httpHandler('placeHold', placeHold)
