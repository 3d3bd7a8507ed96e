import { setTimeout as sleep } from 'node:timers/promises'
import type { Ref } from './xapi/records/index.ts'

/** How slow the network to the hosts is. */
export interface StreamLimits {
  /** Of each stream (an NBD connection, an export, an import) by itself; 0 is as fast as the machine allows. */
  readonly bytesPerSecond: number
  /** Between a request and its answer; requests on the way at the same time wait together, as on a long line. */
  readonly latencyMilliseconds: number
}

/** One stream's share. */
export interface Pace {
  /** Waits until so many bytes may pass. */
  take(bytes: number): Promise<void>
  /** The same, then writes them after the latency; returns once there is room for more. Throws what an earlier write threw. */
  send(bytes: number, write: () => Promise<void>): Promise<void>
  /** Waits until everything is written. */
  settle(): Promise<void>
}

export interface Limits {
  get(): StreamLimits
  /** Takes effect on streams that are under way, too. */
  set(limits: Partial<StreamLimits>): void
  /** From now on the host is silent without a word: nothing that it sends arrives. */
  mute(host: Ref): void
  unmute(host: Ref): void
  /** A stream of that host. */
  pace(host: Ref): Pace
  /** Lets the latency of one call pass; never returns while the host is mute. */
  answer(host: Ref): Promise<void>
}

/** Bytes that a slow line holds: what TCP lets a sender have under way. */
const WINDOW = 8 * 1024 * 1024

export const createLimits = (closing: AbortSignal, first: Partial<StreamLimits> = {}): Limits => {
  let limits: StreamLimits = { bytesPerSecond: 0, latencyMilliseconds: 0, ...first }
  const mute = new Map<Ref, PromiseWithResolvers<void>>()

  const pause = async (milliseconds: number): Promise<void> => {
    if (milliseconds > 0) await sleep(milliseconds, undefined, { signal: closing })
  }

  const heard = async (host: Ref): Promise<void> => {
    const silence = mute.get(host)
    if (silence) await silence.promise
  }

  const pace = (host: Ref): Pace => {
    let free = 0 // when the line has carried what it was given
    let line: Promise<void> = Promise.resolve()
    let under = 0
    let failure: unknown
    const take = async (bytes: number): Promise<void> => {
      const { bytesPerSecond } = limits
      if (bytesPerSecond === 0) return
      const now = performance.now()
      free = Math.max(now, free) + (bytes / bytesPerSecond) * 1000
      await pause(free - now)
    }
    const arrive = async (due: number, bytes: number, write: () => Promise<void>) => {
      await pause(due - performance.now())
      await heard(host)
      await write()
      under -= bytes
    }
    return {
      take,
      send: async (bytes, write) => {
        if (failure) throw failure
        await take(bytes)
        const { latencyMilliseconds } = limits
        if (latencyMilliseconds === 0 && under === 0 && !mute.has(host)) return write()
        const due = performance.now() + latencyMilliseconds
        under += bytes
        line = line.then(() => arrive(due, bytes, write))
        line.catch(error => {
          failure ??= error
        })
        if (under > WINDOW) await line
      },
      settle: () => line,
    }
  }

  closing.addEventListener('abort', () => {
    for (const { resolve } of mute.values()) resolve()
  })
  return {
    get: () => limits,
    set: more => {
      limits = { ...limits, ...more }
    },
    mute: host => void mute.set(host, Promise.withResolvers()),
    unmute: host => {
      mute.get(host)?.resolve()
      mute.delete(host)
    },
    pace,
    answer: async host => {
      await heard(host)
      await pause(limits.latencyMilliseconds)
    },
  }
}
