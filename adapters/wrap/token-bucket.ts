import type { Clock } from '#core/ports.ts'

/** What all streams share. */
export interface TokenBucket {
  /** Waits until so many bytes have been paid for. Those that wait are paid in turn, a slice each, so that none starves. */
  take(bytes: number, signal?: AbortSignal): Promise<void>
}

export interface TokenBucketOptions {
  /** Bytes per second at an instant; undefined where nothing is held back. */
  rateAt: (instant: number) => number | undefined
  clock: Clock
  sleep: (milliseconds: number) => Promise<void>
}

/** Paid at once, so that many streams advance together and a change of the rate is felt soon. */
const SLICE = 64 * 1024
/** What may be saved up while nothing flows, in seconds of the rate. */
const BURST = 0.25
/** A rate is looked up again after this long at most, in milliseconds: a plan changes at whole minutes. */
const LONGEST_SLEEP = 1_000

interface Payer {
  left: number
  done: () => void
}

/**
 * A token bucket. Bytes flow only after they are paid for, so over any time no more flows than rate × time, what was saved up (a quarter
 * of a second, at least one slice), and the last slice of each rate that ends in between.
 */
export const createTokenBucket = ({ rateAt, clock, sleep }: TokenBucketOptions): TokenBucket => {
  let queue: Payer[] = []
  let tokens = 0
  let last = clock.now()
  let pumping = false

  const refill = (): number | undefined => {
    const now = clock.now()
    const rate = rateAt(now)
    const most = Math.max(SLICE, (rate ?? 0) * BURST)
    // By the lower of both rates where it changed meanwhile; a clock that was put back gives nothing.
    const before = rateAt(last)
    const earned = Math.min(rate ?? Infinity, before ?? Infinity)
    if (Number.isFinite(earned) && now > last) tokens += ((now - last) / 1000) * earned
    tokens = Math.min(tokens, most)
    last = now
    return rate
  }

  const payAll = () => {
    for (const { done } of queue.splice(0)) done()
  }

  /** Pays one slice after the other, each time for the next one in turn. */
  const pay = () => {
    for (let next = queue[0]; next; next = queue[0]) {
      const slice = Math.min(SLICE, next.left)
      if (tokens < slice) return slice
      tokens -= slice
      next.left -= slice
      queue.shift()
      if (next.left === 0) next.done()
      else queue.push(next)
    }
    return 0
  }

  const pump = async () => {
    pumping = true
    try {
      while (queue.length > 0) {
        const rate = refill()
        if (rate === undefined) {
          payAll()
          break
        }
        const wanted = pay()
        if (queue.length === 0) break
        const ms = Math.ceil(((wanted - tokens) / rate) * 1000)
        await sleep(Math.min(LONGEST_SLEEP, Math.max(1, ms)))
      }
    } finally {
      pumping = false
    }
  }

  return {
    take: async (bytes, signal) => {
      signal?.throwIfAborted()
      if (bytes <= 0 || (queue.length === 0 && rateAt(clock.now()) === undefined)) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const payer: Payer = { left: bytes, done: resolve }
      const onAbort = () => {
        queue = queue.filter(one => one !== payer)
        reject(signal?.reason)
      }
      queue.push(payer)
      signal?.addEventListener('abort', onAbort, { once: true })
      if (!pumping) pump().catch(reject)
      try {
        await promise
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },
  }
}
