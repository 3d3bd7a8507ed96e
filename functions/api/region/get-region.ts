import type { RegionReply } from '#core/contracts/region-api.ts'
import type { Region } from '#core/ports.ts'
import { isActive, type RegionView } from '#core/region/region.ts'
import { regionLine } from '#core/region/text.ts'
import type { RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Which region is active, and which one answers. */
export const getRegion =
  ({ region }: Pick<Ports, 'region'>) =>
  async (): Promise<RouteReply<'getRegion'>> =>
    describeRegion(await region.view(), region)

export const describeRegion = (
  view: RegionView,
  { setup: { others } }: Pick<Region, 'setup'>,
): RegionReply => {
  const { here, active, epoch, record } = view
  return {
    here,
    active,
    epoch,
    standingBy: !isActive(view),
    others: [...others],
    ...(record && { since: record.since, by: record.by, former: record.former }),
    ...(record?.why !== undefined && { why: record.why }),
    line: regionLine(view, { others }),
  }
}

export const handler = httpHandler('getRegion', getRegion)
