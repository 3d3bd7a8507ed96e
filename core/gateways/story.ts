import type { Standing } from '../contracts/overview-api.ts'
import { spanText } from '../notifications/text/document.ts'
import { limits } from '../runs/limits.ts'
import type { Gateway } from './gateway.ts'

/** One thing that happened to a gateway, in words. */
export interface Happened {
  /** ms since 1970 */
  at: number
  standing: Standing
  text: string
}

const LENGTH = 500 // characters
/** Of several pools that come or go at once so many are told. */
const AT_ONCE = 5

/** From here on a clock is told to be wrong, in ms; from core/contracts/gateway-token.ts on calls are refused. */
const CLOCK_OFF_MS = 60_000

export const isClockOff = ({ clockAheadMs = 0 }: Pick<Gateway, 'clockAheadMs'>): boolean =>
  Math.abs(clockAheadMs) >= CLOCK_OFF_MS

/** Clocks that keep time differ by less, in ms; and a call takes some time on its way. */
const AS_GOOD_AS_RIGHT_MS = 5_000

/** After "the clock is": `3 min ahead of that of the control plane` */
export const clockText = (aheadMs: number): string =>
  Math.abs(aheadMs) < AS_GOOD_AS_RIGHT_MS
    ? 'as that of the control plane'
    : `${spanText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the control plane`

/**
 * What became different between two sightings of a gateway, in words.
 * @param upSince since when gateways could call
 */
export const whatHappened = (
  before: Gateway,
  after: Gateway,
  { now, upSince }: { now: number; upSince: number | undefined },
): Happened[] => {
  const told = (standing: Standing, text: string): Happened => ({
    ...{ at: now, standing },
    text: text.slice(0, LENGTH).toWellFormed(),
  })
  return [
    ...silence(before, { now, upSince }, told),
    ...start(before, after, told),
    ...pools(before, after, told),
    ...clock(before, after, told),
  ]
}

type Tell = (standing: Standing, text: string) => Happened

const silence = (
  { lastSeen }: Gateway,
  { now, upSince = 0 }: { now: number; upSince: number | undefined },
  told: Tell,
): Happened[] => {
  if (lastSeen === undefined) return [told('good', 'Called for the first time.')]
  // As long as another gateway takes to come to keep its pools.
  if (now - lastSeen <= limits.leaseMs) return []
  const span = spanText(now - lastSeen)
  return upSince > lastSeen
    ? [
        told(
          'info',
          `Calls again; it was not heard of for ${span}, in which the control plane was away, too.`,
        ),
      ]
    : [told('warning', `Calls again after a silence of ${span}.`)]
}

const start = (before: Gateway, after: Gateway, told: Tell): Happened[] => {
  const version = after.version !== undefined && after.version !== before.version
  const from = before.version === undefined ? '' : ` (before: ${before.version})`
  const news = version ? ` Its version is ${after.version}${from}.` : ''
  if (before.instance !== undefined && after.instance !== before.instance)
    return [told('info', `Its program was started anew.${news}`)]
  if (version && before.version !== undefined) return [told('info', news.trim())]
  if (before.aboutHash !== undefined && after.aboutHash === undefined)
    return [told('info', 'It does not tell any more what it is, or nobody here understands it.')]
  return before.aboutHash !== undefined && after.aboutHash !== before.aboutHash
    ? [told('info', 'Its settings were changed, or its bandwidth plan.')]
    : []
}

const pools = (before: Gateway, after: Gateway, told: Tell): Happened[] => {
  const { unreachable: silentBefore = [] } = before
  const { unreachable: silent = [] } = after
  const addresses = (of: typeof silent) => new Set(of.map(({ address }) => address))
  const [then, now] = [addresses(silentBefore), addresses(silent)]
  // A pool gets its name with its first inventory.
  const named = before.pools.filter(({ name }) => name !== '').map(({ uuid }) => uuid)
  const served = new Set(after.pools.map(({ uuid }) => uuid))
  return [
    ...after.pools
      .filter(({ uuid, name }) => name !== '' && !named.includes(uuid))
      .map(({ name }) => told('good', `Serves the pool "${name}".`)),
    ...before.pools
      .filter(({ uuid }) => !served.has(uuid))
      .map(({ uuid, name }) => told('info', `Serves the pool "${name || uuid}" no more.`)),
    ...silent
      .filter(({ address }) => !then.has(address))
      .map(({ address, problem }) =>
        told('bad', `Does not reach the pool at ${address}: ${problem}`),
      ),
    ...silentBefore
      .filter(({ address }) => !now.has(address))
      .map(({ address }) =>
        told('good', `There is no trouble with the pool at ${address} any more.`),
      ),
  ].slice(0, AT_ONCE)
}

const clock = (before: Gateway, after: Gateway, told: Tell): Happened[] => {
  if (isClockOff(before) === isClockOff(after) || after.clockAheadMs === undefined) return []
  return isClockOff(after)
    ? [told('warning', `Its clock is ${clockText(after.clockAheadMs)}.`)]
    : [told('good', 'Its clock is right again.')]
}
