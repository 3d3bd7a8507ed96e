import type { Armed, Guard } from './guard.ts'
import { closeMounts, openMounts } from './open-mounts.ts'
import type { Order } from './orders.ts'
import { HELPER_ENDED, type Helper, isAnswer, startHelper } from './start-helper.ts'
import { systemCalls } from './system-calls.ts'
import { thawAll } from './thaw.ts'

/** File systems that stand still. */
export interface FrozenMounts {
  /** For how long they do, in ms from now. */
  leftMs(): number
  /** Lets them go on; never throws. @returns why they did not stand still all the time, a clause */
  thaw(): Promise<string | undefined>
}

export interface FreezeOrder {
  /** Names it. */
  lease: string
  /** Frozen the deepest first: what is mounted within another has to write into that to the end. */
  mounts: readonly string[]
  /** From the first one on, whatever becomes of this process, in ms. */
  ms: number
}

export interface Freezer {
  /** @throws Error with a clause as its message; nothing is frozen then */
  freeze(order: FreezeOrder): Promise<FrozenMounts>
  close(): Promise<void>
}

/** The second helper thaws so much later, this process later still, and the guard last, in ms: as a rule they find nothing to do. */
const SECOND_LATER_MS = 250
const OWN_LATER_MS = 500
const GUARD_LATER_MS = 1_000
/** A helper that has not done such an order within that many ms is given up: opened; synced, within the two minutes that a gateway waits; thawed. */
const LIMITS = { open: 10_000, sync: 90_000, thaw: 2_000 } as const

/**
 * Freezes by two helper processes that are there before. Each thaws when the time is over or this process ends; where one of them ends the other thaws at once;
 * where neither answers this process thaws; where none of the three can the guard does.
 * @param mark notes what is about to be frozen, for a later life of this process (left-frozen.ts); the empty list takes it back
 * @param guard armed before anything is frozen
 * @param start for tests
 */
export const createFreezer = (
  mark: (mounts: readonly string[]) => Promise<void>,
  guard: Guard,
  start: () => Helper = startHelper,
): Freezer => {
  let pair: [Helper, Helper] = [start(), start()]
  let isBusy = false
  let armed: Armed | undefined
  /** Of the freeze before: what it would thaw may be frozen anew. */
  let disarming: Promise<void> | undefined
  const disarm = (): void => {
    disarming = armed?.disarm()
    armed = undefined
  }
  const renew = async (): Promise<void> => {
    const [first, second] = pair
    pair = [first.isThere() ? first : start(), second.isThere() ? second : start()]
  }

  /** Opens all and writes what waits to be written. @returns why not */
  const prepare = async ({ lease, mounts, ms }: FreezeOrder): Promise<string | undefined> => {
    const [first, second] = pair
    const open: Order = { order: 'open', lease, mounts: deepestFirst(mounts) }
    const opened = await Promise.all([
      first.order(open, LIMITS.open),
      second.order({ ...open, peer: first.pid }, LIMITS.open),
    ])
    const shut = opened.find(why => why !== undefined)
    if (shut !== undefined) return shut
    await mark(mounts)
    const unwritten = await first.order({ order: 'sync', lease }, LIMITS.sync)
    if (unwritten === undefined) armed = await guard.arm({ lease, mounts, ms: ms + GUARD_LATER_MS })
    return unwritten
  }

  /** After nothing of it was frozen by us. */
  const forget = async (lease: string): Promise<void> => {
    await Promise.all(pair.map(helper => helper.order({ order: 'forget', lease }, LIMITS.open)))
    await mark([])
    disarm()
    isBusy = false
  }

  return {
    async freeze(order) {
      if (isBusy) throw new Error('another freeze lasts')
      isBusy = true
      const { lease, ms } = order
      await disarming
      await renew()
      const shut = await prepare(order).catch(error => String(error.message ?? error))
      if (shut !== undefined) {
        await forget(lease)
        throw new Error(shut)
      }
      const [first, second] = pair
      const until = performance.now() + ms
      void first.order({ order: 'arm', lease, ms }, ms)
      void second.order({ order: 'arm', lease, ms: ms + SECOND_LATER_MS }, ms)

      let thawing: Promise<string | undefined> | undefined
      const thaw = (because?: string): Promise<string | undefined> => {
        clearTimeout(own)
        thawing ??= letGo(pair, order, mark).then(why => {
          disarm()
          isBusy = false
          return because ?? why
        })
        return thawing
      }
      const own = setTimeout(() => {
        // Not by helpers that may hang: whether they answer is seen afterwards.
        void thawHere(order.mounts)
        void thaw('its time was over')
      }, ms + OWN_LATER_MS)
      for (const helper of pair)
        void helper.ended.then(() => {
          if (isBusy && performance.now() < until) void thaw(HELPER_ENDED)
        })

      const why = await first.order({ order: 'freeze', lease }, ms + OWN_LATER_MS)
      if (why === undefined && thawing === undefined)
        return { leftMs: () => Math.max(0, until - performance.now()), thaw }
      // Where the first one says why, it has thawed what it froze; what another program holds frozen stays so.
      if (thawing === undefined && isAnswer(why)) {
        clearTimeout(own)
        await forget(lease)
        throw new Error(why)
      }
      throw new Error((await thaw(why)) ?? HELPER_ENDED)
    },
    async close() {
      await disarming
      await Promise.all(pair.map(helper => helper.end()))
    },
  }
}

/** Thaws by whoever is there. @returns why it did not hold, a clause */
const letGo = async (
  [first, second]: readonly [Helper, Helper],
  { lease, mounts }: FreezeOrder,
  mark: (mounts: readonly string[]) => Promise<void>,
): Promise<string | undefined> => {
  const order: Order = { order: 'thaw', lease }
  const why = await first.order(order, LIMITS.thaw)
  if (!isAnswer(await second.order(order, LIMITS.thaw))) second.kill()
  if (!isAnswer(why)) {
    first.kill()
    await thawHere(mounts)
    // Killed in the middle of a call to freeze, it ends when that has come through.
    await first.ended
    await thawHere(mounts)
  }
  await mark([])
  return why
}

/** By this process itself: over at once where nothing is frozen. */
export const thawHere = async (mounts: readonly string[]): Promise<void> => {
  const calls = systemCalls()
  if (!calls) return
  for (const path of mounts) {
    const opened = (() => {
      try {
        return openMounts([path])
      } catch {
        return [] // no mount point any more, so nothing of it is frozen by us
      }
    })()
    await thawAll(calls, opened)
    closeMounts(opened)
  }
}

/** The longest path first: what is mounted within another comes before that. */
const deepestFirst = (mounts: readonly string[]): string[] =>
  [...new Set(mounts)].sort((a, b) => depthOf(b) - depthOf(a) || (a < b ? -1 : 1))
const depthOf = (path: string): number => path.split('/').filter(Boolean).length
