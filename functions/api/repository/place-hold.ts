import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { readVms } from '#core/inventory/inventory.ts'
import { heldPoints, holdLockOf, readHeldLocks } from '#core/maintenance/held-locks.ts'
import { placeHold as enterHold, type Hold, readHolds } from '#core/maintenance/holds.ts'
import { beingRemoved } from '#core/maintenance/removals.ts'
import { type ProtectedVm, readPoint } from '#core/points/points-catalog.ts'
import { beginHeldLocks, type HeldLockPorts } from '../../maintenance/begin-held-locks.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** As long as S3 locks (36,500 days). */
const LONGEST_MS = 36_500 * 24 * 60 * 60_000

type Call = RouteCall<'placeHold'>

/**
 * Forbids that a point, or any point of a VM, is deleted. First the hold is written, then it is looked whether a job is deleting one of them in this
 * very moment; who deletes does it the other way round (core/maintenance/confirm-removal.ts). Then a run is
 * started that locks its points in the store.
 */
export const placeHold =
  (ports: HeldLockPorts) =>
  async ({ body, caller, settle }: Call): Promise<RouteReply<'placeHold'>> => {
    const { catalog, clock, repositoryAddress } = ports
    const { on, reason, until } = body
    const now = clock.now()
    if (until !== undefined && until <= now)
      throw new RequestInvalidError('the hold would end before it begins.')
    if (until !== undefined && until > now + LONGEST_MS)
      throw new RequestInvalidError(
        'the hold would end more than a hundred years from now; one without an end holds until it is released.',
      )
    const hold: Hold = {
      ...on,
      ...(await nameOf(catalog, on)),
      ...{ reason, by: caller.name.slice(0, 500), at: now },
      ...(until !== undefined && { until }),
    }
    await enterHold(catalog, on, hold)
    const late = await removedNow(catalog, on, now)
    const points = await heldPoints(catalog, [hold], now)
    const reply = async () => {
      const locks = await readHeldLocks(catalog)
      const lock = holdLockOf(points, locks, { hold, now, address: repositoryAddress })
      return { hold: { ...hold, lock }, beingRemoved: late }
    }
    // In one piece with the run: a call that is repeated begins no second one.
    const told = settle ? [settle(await reply())] : []
    await beginHeldLocks(ports, points, await readHolds(catalog), told)
    return reply()
  }

/** @throws `POINT_NOT_FOUND`; a VM may be one that has no points yet */
const nameOf = async (
  catalog: Ports['catalog'],
  on: Call['body']['on'],
): Promise<{ vmName?: string }> => {
  if ('pointId' in on) return { vmName: (await readPoint(catalog, on.pointId)).vmName }
  const vm = await catalog.get<ProtectedVm>(keys.protectedVm(on.vmUuid))
  const name =
    vm?.value.name ?? (await readVms(catalog)).find(({ uuid }) => uuid === on.vmUuid)?.name
  return name === undefined ? {} : { vmName: name }
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
