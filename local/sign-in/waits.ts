import { isIPv6 } from 'node:net'
import { SignInLimitedError } from '#core/errors/people.ts'
import type { Clock } from '#core/ports.ts'

/** Wrong passwords in a row that cost nothing but the try. */
const FREE_TRIES = 5
const LONGEST_WAIT_MS = 60_000

/** Addresses that are remembered; whoever has more to call from gets more tries, at a password of 98 bits. */
const MOST = 1_000

/** Passwords that are looked at at once, whoever asks: each takes 64 MiB and a tenth of a second. */
const AT_ONCE = 8

interface Tried {
  wrong: number
  closedUntil: number
}

/**
 * Makes whoever tries wrong passwords wait, each caller for itself: nobody keeps others out.
 * @param most addresses that are remembered; the one that tried last longest ago is forgotten first
 */
export const createWaits = (clock: Clock, most = MOST) => {
  const tried = new Map<string, Tried>()
  let password: string | undefined
  let looking = 0
  return {
    /**
     * Looks at one try.
     * @param made of the password that counts now: another one is known to its owner alone, so everybody begins anew
     * @param check whether it is good; not called where the caller has to wait
     * @throws `SIGN_IN_LIMITED`
     */
    async look<T>(
      address: string,
      made: string | undefined,
      check: () => Promise<T | undefined>,
    ): Promise<T | undefined> {
      if (made !== password) tried.clear()
      password = made
      const caller = callerOf(address)
      const { wrong, closedUntil } = tried.get(caller) ?? { wrong: 0, closedUntil: 0 }
      const wait = closedUntil - clock.now()
      if (wait > 0) throw new SignInLimitedError(Math.ceil(wait / 1_000))
      if (looking >= AT_ONCE) throw new SignInLimitedError(1)
      // Counted before it is looked at, so that many tries at once are not many free ones.
      tried.delete(caller)
      tried.set(caller, {
        wrong: wrong + 1,
        closedUntil:
          wrong < FREE_TRIES
            ? 0
            : clock.now() + Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** (wrong + 1 - FREE_TRIES)),
      })
      const [oldest] = tried.keys()
      if (tried.size > most && oldest !== undefined) tried.delete(oldest)
      looking++
      try {
        const good = await check()
        if (good !== undefined) tried.delete(caller)
        return good
      } finally {
        looking--
      }
    },
  }
}

/** All of this machine is one, and so is a network of IPv6, of which one machine has 2^64 addresses (RFC 4291, 2.5.1). */
const callerOf = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (plain === '::1' || plain.startsWith('127.')) return 'this machine'
  return isIPv6(plain) ? networkOf(plain) : plain
}

/** The first four of the eight groups. */
const networkOf = (address: string): string => {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const groups = (text: string) => text.split(':').filter(Boolean)
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':')
}
