import { allowedAt, weekOf } from '#core/bandwidth/week.ts'
import { keys } from '#core/catalog/keys.ts'
import type { GatewayAbout } from '#core/contracts/gateway-about.ts'
import { VERSION } from '#core/contracts/version.ts'
import { GatewayNotFoundError } from '#core/errors/access.ts'
import { findGateway, type Gateway, readGateways } from '#core/gateways/gateway.ts'
import { jobsInHand } from '#core/gateways/jobs-in-hand.ts'
import { readKeepers } from '#core/gateways/keeper.ts'
import { readLife } from '#core/gateways/life.ts'
import { clockText } from '#core/gateways/story.ts'
import type { Pool } from '#core/inventory/inventory.ts'
import { isTimeZone } from '#core/policies/zone.ts'
import { explainJob } from '#core/runs/explain.ts'
import { REPOSITORY_QUEUE, subjectOf } from '#core/runs/work-of.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { healthRules, viewGateway } from './list-gateways.ts'

type Reply = RouteReply<'getGateway'>

/** All that is known of one gateway: what it told, what it works on, and what happened to it. */
export const getGateway =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'upSince'>) =>
  async ({ params: { gatewayId } }: RouteCall<'getGateway'>): Promise<Reply> => {
    const { catalog, clock } = ports
    const gateway = await findGateway(catalog, gatewayId)
    if (!gateway) throw new GatewayNotFoundError(gatewayId)
    const now = clock.now()
    const [life, jobs, keeping] = await Promise.all([
      readLife(catalog, gatewayId),
      jobsOf(catalog, gateway, now),
      keepingOf(catalog, gateway, now),
    ])
    const { clockAheadMs, revokedAt } = gateway
    return {
      ...viewGateway(gateway, await healthRules(ports)),
      ...(revokedAt !== undefined && { revokedAt, problems: [] }),
      // What it told before counts no more once a program calls that tells nothing.
      ...(gateway.aboutHash !== undefined &&
        life.about && {
          ...aboutOf(life.about, jobs, now),
          ...(life.aboutSince !== undefined && { aboutSince: life.aboutSince }),
        }),
      ...(clockAheadMs !== undefined && {
        clock: { aheadMs: clockAheadMs, text: clockText(clockAheadMs) },
      }),
      controlPlaneVersion: VERSION,
      jobs,
      ...keeping,
      story: [...life.story].reverse(),
    }
  }

const aboutOf = (about: GatewayAbout, jobs: Reply['jobs'], now: number): Partial<Reply> => {
  const { bandwidth, slots } = about
  const timeZone = bandwidth.timeZone ?? about.timeZone
  const isKnown = isTimeZone(timeZone)
  // Looks at files have places of their own.
  const working = jobs.filter(({ kind }) => kind !== 'read-files')
  const allowed = (line: 'toRepository' | 'fromXenServer') =>
    allowedAt(bandwidth[line], timeZone, now)
  return {
    ...{ about, timeZone, week: weekOf(bandwidth) },
    freeSlots: Math.max(0, slots - working.length),
    // The machine of a gateway may be in a zone that nobody here knows (`Etc/Unknown`, or one of tomorrow): then nobody here knows what its plan lets flow now.
    ...(isKnown && {
      allowedNow: {
        toRepository: allowed('toRepository'),
        fromXenServer: allowed('fromXenServer'),
      },
    }),
  }
}

const jobsOf = async (
  catalog: Ports['catalog'],
  gateway: Gateway,
  now: number,
): Promise<Reply['jobs']> => {
  const [jobs, gateways] = await Promise.all([jobsInHand(catalog, gateway), readGateways(catalog)])
  return jobs.slice(0, 128).map(job => ({
    ...{ jobId: job.jobId, runId: job.runId, kind: job.spec.kind },
    subject: subjectOf(job.spec),
    line: explainJob(job, gateways, now),
  }))
}

/** Who gets the jobs of its pools and of the repository. */
const keepingOf = async (
  catalog: Ports['catalog'],
  { pools, silentPools = [], maintenance }: Gateway,
  now: number,
): Promise<Pick<Reply, 'served' | 'repositoryKeeper'>> => {
  const keepers = (await readKeepers(catalog)).filter(({ until }) => until > now)
  const keeperOf = async (queue: string) => {
    const id = keepers.find(keeper => keeper.queue === queue)?.gatewayId
    return id === undefined
      ? undefined
      : { gatewayId: id, name: (await findGateway(catalog, id))?.name ?? id }
  }
  const served = pools.slice(0, 100).map(async ({ uuid, name }) => {
    const [pool, keeper] = await Promise.all([catalog.get<Pool>(keys.pool(uuid)), keeperOf(uuid)])
    return {
      ...{ uuid, name: name || pool?.value.name || '', reached: !silentPools.includes(uuid) },
      ...(keeper && { keeper }),
      ...(pool && { told: pool.value.seen }),
    }
  })
  const repositoryKeeper = maintenance && (await keeperOf(REPOSITORY_QUEUE))
  return {
    served: await Promise.all(served),
    ...(repositoryKeeper && { repositoryKeeper }),
  }
}

export const handler = httpHandler('getGateway', getGateway)
