import { notRemovedHere } from '#core/errors/maintenance.ts'
import { readGateway } from '#core/gateways/gateway.ts'
import { guardGuest } from '#core/gateways/guest.ts'
import { type Keeper, keepQueue } from '#core/gateways/keeper.ts'
import { needsNewKey } from '#core/gateways/key-change.ts'
import { seeGateway } from '#core/gateways/see-gateway.ts'
import { takeRepositoryJobs } from '#core/maintenance/take-jobs.ts'
import { anyForGateways } from '#core/notifications/gateway-messages.ts'
import type { Catalog } from '#core/ports.ts'
import { openInEpoch } from '#core/region/late.ts'
import { removesHere } from '#core/region/region.ts'
import type { Job } from '#core/runs/job.ts'
import { anyRunOpen } from '#core/runs/runs-catalog.ts'
import { type Taken, takeJobs } from '#core/runs/take-jobs.ts'
import { FILES_QUEUE, guestQueue, REPOSITORY_QUEUE } from '#core/runs/work-of.ts'
import { recordKeeping } from '../../gateways/record-keeping.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { tellWaiting } from '../jobs/tell-waiting.ts'

/** Jobs of the pools that a gateway keeps, or of the guest that an agent is in, and of the repository where it may, as many as it has free slots; looks at files first, and beside those. The first call of a new instance takes back what its former life held. */
export const lease =
  ({
    catalog,
    clock,
    workflow,
    timing,
    region,
    auditCopy,
    upSince,
  }: Pick<
    Ports,
    'catalog' | 'clock' | 'workflow' | 'timing' | 'region' | 'auditCopy' | 'upSince'
  >) =>
  async ({ params, body, caller }: RouteCall<'lease'>): Promise<RouteReply<'lease'>> => {
    const { gatewayId } = params
    const { instance, holding, about, at } = body
    const { guest } = guardGuest(caller.gateway, body.guest)
    // What a guest says of pools is not believed.
    const pools = guest ? [] : [...new Set(body.pools)]
    const unreachable = guest ? [] : (body.unreachable ?? [])
    const gateway = await seeGateway(
      catalog,
      gatewayId,
      {
        ...{ instance, about, at, silentPools: unreachable },
        ...(holding && { holding }),
        pools: pools.map(uuid => ({ uuid })),
      },
      clock.now(),
      upSince,
    )

    // Also while it has no free slot: a gateway at work keeps its pools.
    const keepers: Keeper[] = []
    for (const queue of pools) {
      const reaches = !unreachable.includes(queue)
      const keeper = await keepQueue(catalog, { queue, gatewayId, reaches }, clock.now())
      if (keeper) keepers.push(keeper)
    }
    const record = recordKeeping({ catalog, clock, auditCopy }, gateway)
    for (const keeper of keepers) await record(keeper)
    const others = keepers.filter(keeper => keeper.gatewayId !== gatewayId)

    const jobs: Job[] = []
    const isOpen = openInEpoch(catalog, await region.view())
    const worker = { gatewayId, instance, holding }
    const taking = (slots: number) => ({ worker, slots, now: clock.now(), isOpen })
    const keep = async (taken: Promise<Taken>): Promise<number> => {
      const { leased, ended } = await taken
      jobs.push(...leased)
      await tellWaiting(workflow, ended)
      return leased.length
    }
    let isRepositoryKept = false
    if (gateway.maintenance && !guest) {
      const at = { queue: REPOSITORY_QUEUE, gatewayId, reaches: true }
      const keeper = await keepQueue(catalog, at, clock.now())
      if (keeper) await record(keeper)
      isRepositoryKept = keeper?.gatewayId === gatewayId
    }
    let slots = body.freeSlots
    // First of all: somebody sits in front of it, and whatever else waits takes hours.
    const { freeLooks = Math.min(1, slots) } = body
    if (isRepositoryKept && freeLooks > 0) {
      const looks = await keep(takeJobs(catalog, FILES_QUEUE, taking(freeLooks)))
      if (body.freeLooks === undefined) slots -= looks
    }
    for (const { queue, gatewayId: keeper } of keepers) {
      if (keeper !== gatewayId) continue
      if (slots === 0) break
      slots -= await keep(takeJobs(catalog, queue, taking(slots)))
    }
    if (guest && slots > 0)
      await keep(takeJobs(catalog, guestQueue(guest.guestUuid), taking(slots)))
    if (isRepositoryKept && slots > 0)
      await keep(takeRepositoryJobs(catalog, taking(slots), keptHere(region)))
    const active = jobs.length > 0 || (await anyRunOpen(catalog))
    return {
      jobs: jobs.map(toLeasedJob),
      pollAfterSeconds: active ? timing.activePollSeconds : timing.idlePollSeconds,
      heartbeatAfterSeconds: timing.heartbeatSeconds,
      ...(others.length > 0 && { standingBy: await Promise.all(others.map(named(catalog))) }),
      ...(!guest && (await anyForGateways(catalog)) && { messages: true as const }),
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
