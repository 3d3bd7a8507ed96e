import { pointsUnder, readHeldLocks } from '#core/maintenance/held-locks.ts'
import { releaseHold as release } from '#core/maintenance/holds.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Lets points be deleted again; nothing is deleted by it, and no lock in the store is prolonged any more: those that were set stay to their end. Why is kept by the audit records. */
export const releaseHold =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ body }: RouteCall<'releaseHold'>): Promise<RouteReply<'releaseHold'>> => {
    const released = await release(catalog, body.on)
    if (!released) return { released }
    const locks = await readHeldLocks(catalog)
    const points = await pointsUnder(catalog, { pointId: undefined, vmUuid: undefined, ...body.on })
    const ends = points.flatMap(({ pointId }) => locks.get(pointId)?.lock?.until ?? [])
    const last = Math.max(0, ...ends)
    return { released, ...(last > clock.now() && { lockedUntil: last }) }
  }

export const handler = httpHandler('releaseHold', releaseHold)
