import { PointKeptError } from '#core/errors/maintenance.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { ulidMaker } from '#core/ids.ts'
import { holdText, readHoldOn } from '#core/maintenance/holds.ts'
import { inUse } from '#core/maintenance/in-use.ts'
import { keptForSite, siteRunsFor } from '#core/maintenance/kept-for-site.ts'
import { lockText } from '#core/points/lock-text.ts'
import { listPoints, readPoint } from '#core/points/points-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { beginRun, endsAtOnce } from '../../runs/begin-run.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Starts a run that deletes one point for ever. What is known to stand against it is refused here; the gateway looks again, and the store
 * has the last word about locks.
 */
export const deletePoint =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region'>) =>
  async ({
    params,
    body,
    caller,
    settle,
    withdraw,
  }: RouteCall<'deletePoint'>): Promise<RouteReply<'deletePoint'>> => {
    const { catalog, clock } = ports
    const point = await readPoint(catalog, params.pointId)
    const { pointId, vmUuid, vmName, lock } = point
    if (body.vmName !== vmName)
      throw new RequestInvalidError(
        `the recovery point ${pointId} is not one of "${body.vmName}"; nothing was deleted.`,
      )
    const now = clock.now()
    const hold = await readHoldOn(catalog, point, now)
    if (hold)
      throw new PointKeptError(
        pointId,
        holdText(hold),
        'An administrator can release the hold with "xenkeep points release".',
      )
    if (lock && lock.until > now)
      throw new PointKeptError(
        pointId,
        `it is locked ${lockText(point, now)}.`,
        'Delete it when its lock has ended; nobody can do so before.',
      )
    const ofSite = keptForSite([point], await siteRunsFor(catalog, [point])).get(pointId)
    if (ofSite !== undefined)
      throw new PointKeptError(
        pointId,
        ofSite,
        'Delete the site point first, if the site shall not be brought back from it any more.',
      )
    const used = await inUse(catalog, point, now)
    if (used)
      throw new PointKeptError(
        pointId,
        used,
        'Delete it when that has ended; "xenkeep runs" and "xenkeep replicas" tell how it stands.',
      )
    if (!body.evenLast && (await isLast(catalog, vmUuid)))
      throw new PointKeptError(
        pointId,
        `it is the last recovery point of "${vmName}".`,
        'Say --even-last if the VM shall have none any more.',
      )
    const because = `${caller.name}: ${body.reason}`.slice(0, 500)
    const runId = ulidMaker(ports)()
    await beginRun(
      ports,
      {
        kind: 'maintenance',
        startedBy: caller.name,
        title: `deletion of a recovery point of "${vmName.slice(0, 300)}"`,
        specs: [
          {
            kind: 'remove-points',
            points: [{ pointId, vmUuid, vmName, because }],
            ...(body.evenLast && { evenLast: true }),
          },
        ],
      },
      runId,
      settle ? [settle({ runId })] : [],
      endsAtOnce(withdraw),
    )
    return { runId }
  }

const isLast = async (catalog: Ports['catalog'], vmUuid: string): Promise<boolean> =>
  (await listPoints(catalog, { limit: 2 }, [vmUuid])).items.length < 2

export const handler = httpHandler('deletePoint', deletePoint)
