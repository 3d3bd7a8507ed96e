import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { EnrolmentLimitedError } from '../errors/access.ts'
import type { Catalog } from '../ports.ts'

/**
 * A code has 100 bits and lives ten minutes: at 200 calls a second (the throttle of the API) 120,000 of 1.3 x 10^30 codes can be tried. The limit
 * is for the log and for the bill, and for the day when somebody makes codes shorter.
 */
export const GUESSES = 10
const WINDOW_MS = 10 * 60_000

interface Guesses {
  count: number
  since: number
}

/** @throws `ENROLMENT_LIMITED` after ten wrong codes from one address within ten minutes */
export const guardGuesses = async (
  catalog: Catalog,
  address: string,
  now: number,
): Promise<void> => {
  const found = (await catalog.get<Guesses>(keys.guesses(sourceOf(address))))?.value
  if (!found || now - found.since >= WINDOW_MS || found.count < GUESSES) return
  throw new EnrolmentLimitedError(Math.ceil((found.since + WINDOW_MS - now) / 60_000))
}

export const countGuess = (catalog: Catalog, address: string, now: number): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.guesses(sourceOf(address))
    const item = await catalog.get<Guesses>(key)
    const goesOn = item && now - item.value.since < WINDOW_MS
    const value: Guesses = goesOn
      ? { ...item.value, count: item.value.count + 1 }
      : { count: 1, since: now }
    const expect = item ? { version: item.version } : ('absent' as const)
    await catalog.write([{ kind: 'put', key, value, expect }])
  })

/** Forgets addresses whose time is over; called whenever a code is made, 100 at a time. */
export const sweepGuesses = async (catalog: Catalog, now: number): Promise<void> => {
  const { items } = await catalog.query<Guesses>(keys.guesses('').pk, { limit: 100 })
  const old = items.filter(({ value }) => now - value.since >= WINDOW_MS)
  if (old.length > 0)
    await catalog.write(
      old.map(({ pk, sk }) => ({ kind: 'delete', key: { pk, sk }, expect: 'any' })),
    )
}

/** Of an IPv6 address the network (/64): its owner has 2^64 of them. */
const sourceOf = (address: string): string =>
  address.includes(':') && !address.includes('.')
    ? expanded(address).slice(0, 4).join(':')
    : address.slice(0, 100)

const expanded = (address: string): string[] => {
  const [head = '', tail] = address.split('::')
  const parts = (text: string) => text.split(':').filter(Boolean)
  const behind = parts(tail ?? '')
  const zeros = Array<string>(Math.max(0, 8 - parts(head).length - behind.length)).fill('0')
  return tail === undefined ? parts(head) : [...parts(head), ...zeros, ...behind]
}
