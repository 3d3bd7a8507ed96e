import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import { limits } from '../runs/limits.ts'

/** The one gateway that gets the jobs of a queue (core/runs/work-of.ts: of a pool, or of the repository), until another may take over (ms since 1970) unless it is heard of again. */
export interface Keeper {
  queue: string
  gatewayId: string
  until: number
  /** Who kept it before. */
  from?: string
  /** That it came to keep it stands in the audit records. */
  recorded?: true
}

/** Queues that one gateway may be the last to keep: its settings name 100 pools at most, and each that it comes to keep leaves a record for good. */
export const MOST_QUEUES = 200

/** Written anew when so much of its time is gone, in ms: an idle gateway polls every 20 s and each write costs. */
const AGAIN_AFTER_MS = 60_000

/**
 * Makes a gateway the keeper of a queue where nobody else is, or prolongs that it is. Turns, groups of VMs and limits of streams hold within
 * one process, so jobs of one pool go to one gateway at a time; another one that serves the pool stands by. The same holds for the repository: one gateway at a time removes from it.
 * @param reaches whether the pool (or the repository) answers the gateway: if not it stays what it is for as long as nobody else comes, so that jobs fail with the
 *   reason where there is but one gateway
 * @returns who keeps it; nobody where nobody ever did and the gateway keeps more than any has pools: it may be invented
 */
export const keepQueue = (
  catalog: Catalog,
  { queue, gatewayId, reaches }: { queue: string; gatewayId: string; reaches: boolean },
  now: number,
): Promise<Keeper | undefined> =>
  retryOnConflict(async () => {
    const key = keys.keeper(queue)
    const item = await catalog.get<Keeper>(key)
    // Entries of earlier versions name a pool, and no queue.
    const before = item && { ...item.value, queue }
    const isOwn = before?.gatewayId === gatewayId
    if (before && !isOwn && before.until > now) return before
    const until = now + limits.leaseMs
    if (!reaches) return isOwn ? before : { queue, gatewayId, until: now }
    if (!item && (await keepsTooMany(catalog, gatewayId))) return undefined
    if (before && isOwn && until - before.until < AGAIN_AFTER_MS) return before
    const value: Keeper =
      before && isOwn
        ? { ...before, until }
        : { queue, gatewayId, until, ...(before && { from: before.gatewayId }) }
    const expect = item ? { version: item.version } : ('absent' as const)
    await catalog.write([{ kind: 'put', key, value, expect }])
    return value
  })

const keepsTooMany = async (catalog: Catalog, gatewayId: string): Promise<boolean> => {
  const kept = (await readKeepers(catalog)).filter(keeper => keeper.gatewayId === gatewayId)
  return kept.length >= MOST_QUEUES
}

/** Notes that it stands in the audit records that this gateway keeps the queue; nothing where another one does by now. */
export const markRecorded = (catalog: Catalog, { queue, gatewayId }: Keeper): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.keeper(queue)
    const item = await catalog.get<Keeper>(key)
    if (item?.value.gatewayId !== gatewayId || item.value.recorded) return
    const value: Keeper = { ...item.value, recorded: true }
    await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
  })

/** @returns the gateway that keeps the queue now, where one does */
export const keeperOf = async (
  catalog: Catalog,
  queue: string,
  now: number,
): Promise<string | undefined> => {
  const item = await catalog.get<Keeper>(keys.keeper(queue))
  return item && item.value.until > now ? item.value.gatewayId : undefined
}

/** All queues that were ever kept, with their last keepers. */
export const readKeepers = async (catalog: Catalog): Promise<Keeper[]> =>
  (await Array.fromAsync(queryAll<Keeper>(catalog, keys.keeper('').pk))).map(({ sk, value }) => ({
    ...value,
    queue: sk,
  }))
