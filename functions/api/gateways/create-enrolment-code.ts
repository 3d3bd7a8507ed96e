import { createCode } from '#core/gateways/enrol.ts'
import type { RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const createEnrolmentCode =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  (): Promise<RouteReply<'createEnrolmentCode'>> =>
    createCode(catalog, random, clock.now())

export const handler = httpHandler('createEnrolmentCode', createEnrolmentCode)
