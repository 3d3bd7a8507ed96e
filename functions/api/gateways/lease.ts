import { notRemovedHere } from '#core/errors/maintenance.ts'
import { readGateway, seeGateway } from '#core/gateways/gateway.ts'
import { type Keeper, keepQueue } from '#core/gateways/keeper.ts'
import { needsNewKey } from '#core/gateways/key-change.ts'
import { takeRepositoryJobs } from '#core/maintenance/take-jobs.ts'
import { anyForGateways } from '#core/notifications/gateway-messages.ts'
import type { Catalog } from '#core/ports.ts'
import { openInEpoch } from '#core/region/late.ts'
import { removesHere } from '#core/region/region.ts'
import type { Job } from '#core/runs/job.ts'
import { anyRunOpen } from '#core/runs/runs-catalog.ts'
import { takeJobs } from '#core/runs/take-jobs.ts'
import { REPOSITORY_QUEUE } from '#core/runs/work-of.ts'
import { recordKeeping } from '../../gateways/record-keeping.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { tellWaiting } from '../jobs/tell-waiting.ts'

/** Jobs of the pools that a gateway keeps, and of the repository where it may, as many as it has free slots. The first call of a new instance takes back what its former life held. */
export const lease =
  ({
    catalog,
    clock,
    workflow,
    timing,
    region,
    auditCopy,
  }: Pick<Ports, 'catalog' | 'clock' | 'workflow' | 'timing' | 'region' | 'auditCopy'>) =>
  async ({ params, body }: RouteCall<'lease'>): Promise<RouteReply<'lease'>> => {
    const { gatewayId } = params
    const { instance, freeSlots, holding } = body
    const pools = [...new Set(body.pools)]
    const gateway = await seeGateway(
      catalog,
      gatewayId,
      { instance, pools: pools.map(uuid => ({ uuid })) },
      clock.now(),
    )

    // Also while it has no free slot: a gateway at work keeps its pools.
    const keepers: Keeper[] = []
    for (const queue of pools) {
      const reaches = !body.unreachable?.includes(queue)
      keepers.push(await keepQueue(catalog, { queue, gatewayId, reaches }, clock.now()))
    }
    const record = recordKeeping({ catalog, clock, auditCopy }, gateway)
    for (const keeper of keepers) await record(keeper)
    const others = keepers.filter(keeper => keeper.gatewayId !== gatewayId)

    const jobs: Job[] = []
    const isOpen = openInEpoch(catalog, await region.view())
    const worker = { gatewayId, instance, holding }
    const taking = (slots: number) => ({ worker, slots, now: clock.now(), isOpen })
    for (const { queue, gatewayId: keeper } of keepers) {
      if (keeper !== gatewayId) continue
      const slots = freeSlots - jobs.length
      if (slots === 0) break
      const { leased, ended } = await takeJobs(catalog, queue, taking(slots))
      jobs.push(...leased)
      await tellWaiting(workflow, ended)
    }
    if (gateway.maintenance) {
      const at = { queue: REPOSITORY_QUEUE, gatewayId, reaches: true }
      const keeper = await keepQueue(catalog, at, clock.now())
      await record(keeper)
      const slots = keeper.gatewayId === gatewayId ? freeSlots - jobs.length : 0
      if (slots > 0) {
        const { leased, ended } = await takeRepositoryJobs(catalog, taking(slots), keptHere(region))
        jobs.push(...leased)
        await tellWaiting(workflow, ended)
      }
    }
    const active = jobs.length > 0 || (await anyRunOpen(catalog))
    return {
      jobs: jobs.map(toLeasedJob),
      pollAfterSeconds: active ? timing.activePollSeconds : timing.idlePollSeconds,
      heartbeatAfterSeconds: timing.heartbeatSeconds,
      ...(others.length > 0 && { standingBy: await Promise.all(others.map(named(catalog))) }),
      ...((await anyForGateways(catalog)) && { messages: true as const }),
      ...(needsNewKey(gateway, timing.gatewayKeyDays, clock.now()) && { newKey: true as const }),
    }
  }

/** Runs that were open at a take-over go on, but for what is removed. */
const keptHere = ({ setup: { here, first } }: Ports['region']): string | undefined =>
  removesHere({ here, first }) ? undefined : notRemovedHere(here, first)

const named =
  (catalog: Catalog) =>
  async ({ queue, gatewayId, until }: Keeper) => {
    const gateway = await readGateway(catalog, gatewayId).catch(() => undefined)
    return { poolUuid: queue, keeper: gateway?.name ?? gatewayId, until }
  }

const toLeasedJob = ({ jobId, runId, epoch, lease: held, spec }: Job) => ({
  jobId,
  runId,
  epoch,
  leaseUntil: held?.leaseUntil ?? 0,
  spec,
})

export const handler = httpHandler('lease', lease)
