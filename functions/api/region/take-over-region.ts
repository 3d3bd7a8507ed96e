import { RegionAloneError, RegionNotConfirmedError } from '#core/errors/region.ts'
import { tendRuns } from '../../events/tend-runs.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { describeRegion } from './get-region.ts'

/** How long it goes on with runs, in ms: API Gateway has the answer within 30 s, and its Lambda 20 s, of which a last run may take some. */
const GOES_ON_FOR = 8_000

/**
 * Makes the region that answers the active one, and goes on with the runs that are open for as long as a call may take. May be repeated: the second time it only looks
 * after the runs again. What it does not get to, the next tending does, five minutes later at most.
 */
export const takeOverRegion =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region' | 'upSince'>) =>
  async ({ body, caller }: RouteCall<'takeOverRegion'>): Promise<RouteReply<'takeOverRegion'>> => {
    const { region } = ports
    const { here, others } = region.setup
    if (others.length === 0) throw new RegionAloneError(here)
    if (body.confirm !== here) throw new RegionNotConfirmedError(here, body.confirm)
    const view = await region.takeOver({
      by: caller.name,
      ...(body.why !== undefined && { why: body.why }),
    })
    const { open, left } = await tendRuns(ports, ports.clock.now() + GOES_ON_FOR)()
    return { ...describeRegion(view, region), goingOn: open - left, left }
  }

export const handler = httpHandler('takeOverRegion', takeOverRegion)
