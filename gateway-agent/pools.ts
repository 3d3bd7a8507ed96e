import type { UnreachablePool } from '#core/contracts/gateway-api.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Patience } from './control/patience.ts'
import { PoolUnknownError } from './jobs/errors.ts'
import type { Pool } from './jobs/pool.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'

/** What is known of a pool from earlier connections. */
export interface KnownPool {
  uuid?: string | undefined
  /** Addresses of its hosts: another one answers when that of the settings is down. */
  hosts?: readonly string[] | undefined
  /** Called with the addresses after each login. */
  remember: (hosts: readonly string[]) => void
}

/** One pool of the settings. */
export interface PoolEntry {
  url: string
  /** Opens a session. Reads password and certificates anew each time, so that they can be corrected while we run. */
  connect: (known: KnownPool) => Promise<{ pool: Pool; close: () => Promise<void> }>
  /** Changes when the password was changed: a wrong one is not tried twice, or XenServer would lock the account. */
  passwordStamp: () => Promise<string>
}

export interface Pools {
  /** UUIDs of the pools that jobs may ask for: connected ones, and those that were once. */
  uuids(): string[]
  /** @throws `POOL_NOT_CONFIGURED`, or why the pool cannot be reached */
  use(poolUuid: string): Promise<Pool>
  connected(): Pool[]
  addressOf(pool: Pool): string
  /** Pools that could not be connected so far. */
  unreachable(): UnreachablePool[]
  /** Tries to connect until all pools are there or `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>
  /** Logs out. */
  close(): Promise<void>
}

/** A pool as it is remembered; by its uuid alone in files of older gateways. */
type Remembered = string | { uuid: string; hosts?: readonly string[] }

/**
 * Remembers which address led to which pool, so that jobs for a pool that is down fail with its reason and do not wait for ever, and
 * which hosts the pool had, so that it is found when the host of the settings is down.
 */
export interface PoolMemory {
  load(): Promise<Record<string, Remembered>>
  save(pools: Record<string, Remembered>): Promise<void>
}

interface State {
  entry: PoolEntry
  uuid?: string | undefined
  hosts?: readonly string[] | undefined
  open?: { pool: Pool; close: () => Promise<void> } | undefined
  opening?: Promise<Pool> | undefined
  lastCode?: string | undefined
  /** The password that XenServer refused. */
  refused?: { stamp: string; error: unknown; at: number } | undefined
  problem?: string | undefined
}

export const createPools = async ({
  entries,
  memory,
  connected,
  failed,
  patience,
  log,
}: {
  entries: readonly PoolEntry[]
  memory: PoolMemory
  /** Called with each new connection, before any job uses it: removes leftovers of a former process. */
  connected: (pool: Pool) => Promise<void>
  /** Called when a pool cannot be connected, once for each reason. */
  failed: () => void
  patience: Patience
  log: Log
}): Promise<Pools> => {
  const known = await memory.load()
  const states: State[] = entries.map(entry => {
    const remembered = known[entry.url]
    return { entry, ...(typeof remembered === 'string' ? { uuid: remembered } : remembered) }
  })
  const save = () =>
    memory.save(
      Object.fromEntries(
        states.flatMap(({ entry, uuid, hosts }) =>
          uuid ? [[entry.url, { uuid, ...(hosts && { hosts }) }]] : [],
        ),
      ),
    )
  const remember = (state: State) => (hosts: readonly string[]) => {
    if (state.hosts?.join() === hosts.join()) return
    state.hosts = hosts
    // A first login is saved with the uuid.
    if (state.open) save().catch(error => log.warn('The hosts of the pool cannot be noted', error))
  }

  const open = (state: State): Promise<Pool> => {
    if (state.open) return Promise.resolve(state.open.pool)
    state.opening ??= connect(state).finally(() => {
      state.opening = undefined
    })
    return state.opening
  }

  /** Whoever asks, a job or the loop below: each refusal counts towards the lock of the account. */
  const isStillRefused = async ({ entry, refused }: State): Promise<boolean> =>
    refused !== undefined &&
    performance.now() - refused.at < limits.refusedPasswordMs &&
    refused.stamp === (await entry.passwordStamp())

  const connect = async (state: State): Promise<Pool> => {
    if (await isStillRefused(state)) throw state.refused?.error
    const before = state.hosts
    const stamp = await state.entry.passwordStamp()
    const opened = await state.entry
      .connect({ uuid: state.uuid, hosts: state.hosts, remember: remember(state) })
      .catch(error => {
        const refused = asXenkeepError(error).code === 'XAPI_WRONG_PASSWORD'
        state.refused = refused ? { stamp, error, at: performance.now() } : undefined
        throw error
      })
    state.refused = undefined
    try {
      return await accept(state, opened, before)
    } catch (error) {
      // Or every further try would leave a session behind.
      await opened.close().catch(() => undefined)
      throw error
    }
  }

  const accept = async (
    state: State,
    opened: NonNullable<State['open']>,
    before: State['hosts'],
  ): Promise<Pool> => {
    log.info(`Pool ${opened.pool.uuid} at ${state.entry.url} is connected.`)
    state.lastCode = undefined
    state.problem = undefined
    if (state.uuid !== opened.pool.uuid || state.hosts !== before) {
      state.uuid = opened.pool.uuid
      await save()
    }
    await connected(opened.pool)
    state.open = opened
    return opened.pool
  }

  const keepTrying = async (state: State, signal: AbortSignal) => {
    while (!signal.aborted && !state.open) {
      try {
        await open(state)
      } catch (error) {
        const { code, message } = asXenkeepError(error)
        const isNew = state.lastCode !== code
        if (isNew) log.warn(`The pool at ${state.entry.url} cannot be used for now`, error)
        Object.assign(state, { lastCode: code, problem: message })
        if (isNew) failed()
        do await patience.wait(limits.poolRetryMs, signal)
        while (!signal.aborted && !state.open && (await isStillRefused(state)))
      }
    }
  }

  return {
    uuids: () => [...new Set(states.flatMap(({ uuid }) => uuid ?? []))],
    async use(poolUuid) {
      const state = states.find(({ uuid }) => uuid === poolUuid)
      if (!state) throw new PoolUnknownError(poolUuid)
      const pool = await open(state)
      if (pool.uuid !== poolUuid) throw new PoolUnknownError(poolUuid)
      return pool
    },
    connected: () => states.flatMap(({ open }) => open?.pool ?? []),
    addressOf: pool => states.find(({ open }) => open?.pool === pool)?.entry.url ?? '',
    unreachable: () =>
      states.flatMap(({ entry, open, problem }) =>
        open || problem === undefined ? [] : { address: entry.url, problem },
      ),
    async run(signal) {
      await Promise.all(states.map(state => keepTrying(state, signal)))
    },
    async close() {
      await Promise.allSettled(states.map(({ open }) => open?.close()))
    },
  }
}
