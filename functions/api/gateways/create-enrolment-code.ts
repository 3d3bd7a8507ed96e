import { createCode } from '#core/gateways/enrol.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const createEnrolmentCode =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  ({ body }: RouteCall<'createEnrolmentCode'>): Promise<RouteReply<'createEnrolmentCode'>> => {
    const guest = body.for?.guest
    return createCode(catalog, random, clock.now(), { ...(guest && { guest }) })
  }

export const handler = httpHandler('createEnrolmentCode', createEnrolmentCode)
