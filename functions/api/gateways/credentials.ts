import { EpochOutdatedError } from '#core/errors/control.ts'
import { toHex } from '#core/ids.ts'
import { repositoryIdOf } from '#core/points/repository-id.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Where a leased job finds the repository. */
export const credentials =
  ({
    catalog,
    random,
    repositoryAddress,
  }: Pick<Ports, 'catalog' | 'random' | 'repositoryAddress'>) =>
  async ({ params, body }: RouteCall<'credentials'>): Promise<RouteReply<'credentials'>> => {
    const job = (await readJob(catalog, body.jobId)).value
    const holds = job.lease?.gatewayId === params.gatewayId && job.epoch === body.epoch
    if (!holds || job.state === 'finished') throw new EpochOutdatedError(body.jobId)
    const newId = toHex(random.bytes(16))
    return { repositoryId: await repositoryIdOf(catalog, newId), address: repositoryAddress }
  }

export const handler = httpHandler('credentials', credentials)
