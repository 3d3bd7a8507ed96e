import { copyInto } from '#repository/index.ts'
import { NbdProtocolError } from './protocol.ts'

/** Bytes; the longest answer of a handshake has some 4 KiB. */
const MOST_UNCLAIMED = 64 * 1024

/**
 * Sorts arriving bytes into the buffers that wait for them, first come first served, without a copy in between. What
 * nobody waits for yet is kept; during the handshake that is a few bytes, afterwards nothing, and whoever sends more is given up.
 */
export interface Inbox {
  push(bytes: Uint8Array): void
  /** Where the next bytes belong, where somebody waits: filled there, they are told by `landed` and need no `push`. */
  readonly landing: Uint8Array | undefined
  /** @param count bytes that were put at the start of `landing` */
  landed(count: number): void
  /** Ends every wait, now and later. */
  fail(error: Error): void
  /**
   * @param check runs when `target` is full and before any later byte goes anywhere, so it may take in its turn; what it
   * throws ends every wait
   * @returns `target`, filled
   */
  take<T extends Uint8Array>(target: T, check?: (filled: T) => void): Promise<T>
  readonly unclaimed: number
  readonly waiting: number
}

interface Wait {
  target: Uint8Array
  filled: number
  check: (() => void) | undefined
  resolve(): void
  reject(error: Error): void
}

export const inbox = (): Inbox => {
  const waits: Wait[] = []
  let kept: Uint8Array = new Uint8Array()
  let failure: Error | undefined

  const fail = (error: Error): void => {
    failure ??= error
    for (const wait of waits.splice(0)) wait.reject(failure)
  }

  const finish = (wait: Wait): void => {
    waits.shift()
    try {
      wait.check?.()
      wait.resolve()
    } catch (error) {
      wait.reject(error as Error)
      fail(error as Error)
    }
  }

  /** @returns what nobody waits for */
  const deliver = (bytes: Uint8Array): Uint8Array => {
    let rest = bytes
    for (let wait = waits[0]; wait; wait = waits[0]) {
      const part = rest.subarray(0, wait.target.length - wait.filled)
      copyInto(wait.target, wait.filled, part)
      wait.filled += part.length
      rest = rest.subarray(part.length)
      if (wait.filled < wait.target.length) break
      finish(wait)
    }
    return rest
  }

  return {
    push: bytes => {
      if (failure) return
      const rest = deliver(bytes)
      if (rest.length === 0) return
      if (kept.length + rest.length > MOST_UNCLAIMED) {
        kept = new Uint8Array()
        fail(new NbdProtocolError('it sends what nobody asked for'))
        return
      }
      // Copied: the caller reuses its buffer.
      kept = Buffer.concat([kept, rest])
    },
    get landing() {
      const [wait] = waits
      return wait?.target.subarray(wait.filled)
    },
    landed: count => {
      const wait = waits[0] as Wait
      wait.filled += count
      if (wait.filled === wait.target.length) finish(wait)
    },
    fail,
    take: <T extends Uint8Array>(target: T, check?: (filled: T) => void) =>
      new Promise<T>((resolve, reject) => {
        if (failure) {
          reject(failure)
          return
        }
        waits.push({
          target,
          filled: 0,
          check: check && (() => check(target)),
          resolve: () => resolve(target),
          reject,
        })
        if (kept.length === 0) return
        // Emptied first: a check may take in its turn.
        const bytes = kept
        kept = new Uint8Array()
        kept = deliver(bytes)
      }),
    get unclaimed() {
      return kept.length
    },
    get waiting() {
      return waits.length
    },
  }
}
