import type { RegionReply } from '#core/contracts/region-api.ts'
import type { Region } from '#core/ports.ts'
import { notGoneOnWith } from '#core/region/late.ts'
import { isActive, type RegionView } from '#core/region/region.ts'
import { regionLine } from '#core/region/text.ts'
import type { RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Which region is active, which one answers, and what is known of the others. */
export const getRegion =
  ({ catalog, region }: Pick<Ports, 'catalog' | 'region'>) =>
  async (): Promise<RouteReply<'getRegion'>> => {
    const view = await region.view()
    const left = await notGoneOnWith(catalog, view)
    return { ...describeRegion(view, region), ...(left > 0 && { left }) }
  }

export const describeRegion = (
  view: RegionView,
  { setup: { others } }: Pick<Region, 'setup'>,
): RegionReply => {
  const { here, active, epoch, record, heard, listens, lastWords } = view
  return {
    here,
    active,
    epoch,
    standingBy: !isActive(view),
    others: [...others],
    ...(record && { since: record.since, by: record.by, former: record.former }),
    ...(record?.why !== undefined && { why: record.why }),
    ...(listens && { listens }),
    ...(heard !== undefined && { heard }),
    ...(lastWords && { lastWords: { ...lastWords } }),
    line: regionLine(view, { others }),
  }
}

export const handler = httpHandler('getRegion', getRegion)
