import { readStatistics } from '#core/statistics/read-days.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const getStatistics =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  ({ query: { days = 30 } }: RouteCall<'getStatistics'>): Promise<RouteReply<'getStatistics'>> =>
    readStatistics(catalog, { days, now: clock.now() })

export const handler = httpHandler('getStatistics', getStatistics)
