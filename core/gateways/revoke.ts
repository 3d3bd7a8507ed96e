import { REVOCATION_MS } from '../access/sessions.ts'
import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { GatewayNotFoundError } from '../errors/access.ts'
import type { Catalog } from '../ports.ts'
import { type Job, releaseJob } from '../runs/job.ts'
import { changeJob, openJobs } from '../runs/jobs-catalog.ts'
import { findJob } from '../runs/open-job.ts'
import { someAtOnce } from '../runs/some-at-once.ts'
import { FILES_QUEUE, guestQueue, REPOSITORY_QUEUE } from '../runs/work-of.ts'
import type { Gateway } from './gateway.ts'
import { type Keeper, readKeepers } from './keeper.ts'
import { nameKey } from './names.ts'

/**
 * From this write on every call of the gateway is refused, since its record is read for each. Repeating it changes nothing.
 * @throws `GATEWAY_NOT_FOUND`
 */
export const markRevoked = (catalog: Catalog, gatewayId: string, now: number): Promise<Gateway> =>
  retryOnConflict(async () => {
    const key = keys.gateway(gatewayId)
    const item = await catalog.get<Gateway>(key)
    if (!item) throw new GatewayNotFoundError(gatewayId)
    if (item.value.revoked) return item.value
    const value: Gateway = { ...item.value, revoked: true, revokedAt: now }
    await catalog.write([
      { kind: 'put', key, value, expect: { version: item.version } },
      { kind: 'delete', key: await nameKey(value.name), expect: 'any' },
      // Another agent may enrol for the guest.
      ...(value.guest
        ? [
            {
              kind: 'delete' as const,
              key: keys.guest(value.guest.guestUuid),
              expect: 'any' as const,
            },
          ]
        : []),
    ])
    return value
  })

/**
 * Takes jobs from a gateway: back in the queue for another one, or over where they were cancelled or started too often. Only what was dispatched and has not
 * ended is read.
 * @param queue only those of this queue; all unless told
 * @returns the jobs it held, as they are now
 */
export const releaseJobsOf = async (
  catalog: Catalog,
  gatewayId: string,
  now: number,
  queue?: string,
): Promise<Job[]> => {
  const released: Job[] = []
  for (const from of queue === undefined ? await queuesOf(catalog, gatewayId) : [queue])
    await someAtOnce(await openJobs(catalog, from), async jobId => {
      const held = (await findJob(catalog, jobId))?.value
      if (held?.state !== 'leased' || held.lease?.gatewayId !== gatewayId) return
      released.push(await changeJob(catalog, jobId, job => releaseJob(job, gatewayId, now)))
    })
  return released
}

/** Every queue in which it may hold a job: also of pools that it serves no more, and whoever keeps them now. */
const queuesOf = async (catalog: Catalog, gatewayId: string): Promise<Set<string>> => {
  const pools = await Array.fromAsync(queryAll(catalog, keys.pool('').pk), ({ sk }) => sk)
  const keepers = await readKeepers(catalog)
  const gateway = (await catalog.get<Gateway>(keys.gateway(gatewayId)))?.value
  // It never got any other.
  if (gateway?.guest) return new Set([guestQueue(gateway.guest.guestUuid)])
  const own = gateway?.pools ?? []
  return new Set([
    ...[REPOSITORY_QUEUE, FILES_QUEUE, ...pools],
    ...keepers.map(({ queue }) => queue),
    ...own.map(({ uuid }) => uuid),
  ])
}

/**
 * Another gateway may have the queues that it kept at its next call: those of its pools, and of the repository.
 * @param only this one; all unless told
 */
export const releaseQueuesOf = async (
  catalog: Catalog,
  gatewayId: string,
  only?: string,
): Promise<void> => {
  for (const { queue, gatewayId: keeper } of await readKeepers(catalog)) {
    if (keeper !== gatewayId || (only !== undefined && queue !== only)) continue
    await retryOnConflict(async () => {
      const key = keys.keeper(queue)
      const item = await catalog.get<Keeper>(key)
      if (item?.value.gatewayId === gatewayId)
        await catalog.write([{ kind: 'delete', key, expect: { version: item.version } }])
    })
  }
}

/** Gateways whose sessions have all ended by themselves, and whose refusal still stands at the roles. */
export const longRevoked = async (catalog: Catalog, now: number): Promise<Gateway[]> =>
  (await Array.fromAsync(queryAll<Gateway>(catalog, keys.gateway('').pk)))
    .map(({ value }) => value)
    .filter(
      ({ revokedAt, isForgotten }) =>
        revokedAt !== undefined && !isForgotten && now - revokedAt > REVOCATION_MS,
    )

export const markForgotten = (catalog: Catalog, gatewayId: string): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.gateway(gatewayId)
    const item = await catalog.get<Gateway>(key)
    if (!item) return
    const value: Gateway = { ...item.value, isForgotten: true }
    await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
  })
