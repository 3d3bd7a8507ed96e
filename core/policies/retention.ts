import type { PointSummary } from '../contracts/points.ts'
import type { Retention } from '../contracts/policies.ts'
import type { KeptBy } from '../contracts/policies-api.ts'
import { wallOf } from './zone.ts'

/** Of a recovery point, what its retention looks at. */
export type RetainedPoint = Pick<
  PointSummary,
  'pointId' | 'vmUuid' | 'taken' | 'lock' | 'weakerBecause' | 'vanished' | 'damaged'
>

/** Somebody forbade that a point, or any point of a VM, is deleted. */
export interface Hold {
  pointId?: string | undefined
  vmUuid?: string | undefined
  /** In words: a file number, a court. */
  reason: string
  /** ms since 1970; without end unless told */
  until?: number | undefined
}

export interface RetentionQuestion {
  /** Points of one policy, of any VMs, in any order. */
  points: readonly RetainedPoint[]
  retention: Retention
  holds?: readonly Hold[]
  /** Points that stay for a reason that lies in the points of their VM, whatever policy made them: why, by id (core/points/open-change.ts). */
  needed?: ReadonlyMap<string, string>
  /** Points that stay because they belong to a site point: why, by id (core/maintenance/kept-for-site.ts). */
  ofSite?: ReadonlyMap<string, string>
  /** ms since 1970 */
  now: number
  /** IANA name; days and months are those of its calendar. */
  timeZone: string
}

/** What becomes of one point, and all reasons for it, one sentence each. */
export interface RetentionVerdict {
  pointId: string
  vmUuid: string
  keep: boolean
  why: string[]
  /** What keeps it, in the order of the reasons; empty where it does not stay. */
  by: KeptBy[]
}

const DAY = 86_400_000

/**
 * Decides for each point whether it stays. The answer is that of an auditor's question: every reason that keeps a point, or for each rule why it does
 * not.
 *
 * - The newest `atLeast` points of a VM stay, and so does the newest one that came up to the method that was asked for.
 * - What cannot be relied on takes the place of no other point, and does not expire by itself: whoever hides or spoils the newest points, or sets a clock
 *   of a site ahead, must not have the whole ones removed.
 * - A point that stays once stays until a newer point takes its place, or its age passes: no other point's expiry changes anything for it.
 */
export const decideRetention = ({
  points,
  retention,
  holds = [],
  needed = new Map(),
  ofSite = new Map(),
  now,
  timeZone,
}: RetentionQuestion): RetentionVerdict[] => {
  const verdicts = new Map<string, RetentionVerdict>()
  for (const [vmUuid, ofVm] of Map.groupBy(points, point => point.vmUuid)) {
    const newestFirst = ofVm.filter(point => doubtOf(point, now) === undefined).sort(byAge)
    const rules = rulesOf(retention, newestFirst, { now, timeZone })
    for (const [rank, point] of newestFirst.entries()) {
      const told = rules.map(rule => rule(point, rank))
      const change = needed.get(point.pointId)
      const site = ofSite.get(point.pointId)
      const keeps = [
        ...told.flatMap(({ keeps: kept }) => kept ?? []),
        ...(change === undefined ? [] : [{ by: 'change' as const, why: change }]),
        ...(site === undefined ? [] : [{ by: 'site' as const, why: site }]),
        ...heldBy(point, holds, now),
      ]
      const keep = keeps.length > 0
      const why = keep ? keeps.map(reason => reason.why) : told.flatMap(({ not }) => not ?? [])
      const by = keeps.map(reason => reason.by)
      verdicts.set(point.pointId, { pointId: point.pointId, vmUuid, keep, why, by })
    }
    for (const point of ofVm) {
      const doubt = doubtOf(point, now)
      if (doubt === undefined) continue
      const keeps = [{ by: 'doubt' as const, why: doubt }, ...heldBy(point, holds, now)]
      const [why, by] = [keeps.map(reason => reason.why), keeps.map(reason => reason.by)]
      verdicts.set(point.pointId, { pointId: point.pointId, vmUuid, keep: true, why, by })
    }
  }
  return points.flatMap(({ pointId }) => verdicts.get(pointId) ?? [])
}

/** Clocks of hosts and of the control plane may differ so much, in ms. */
const AHEAD = DAY

/** Why a point cannot stand for anything. */
const doubtOf = ({ vanished, damaged, taken }: RetainedPoint, now: number): string | undefined => {
  if (vanished !== undefined)
    return 'It is not in the repository although nobody deleted it in good order, so no rule counts it.'
  if (damaged) return 'The last verification found damage in what it needs, so no rule counts it.'
  if (taken > now + AHEAD)
    return 'It was taken at a time that has not come yet, so no rule counts it.'
  return undefined
}

/** Newest first; of two of one moment the one whose id is younger. */
const byAge = (a: RetainedPoint, b: RetainedPoint): number =>
  b.taken - a.taken || (a.pointId < b.pointId ? 1 : -1)

interface Reason {
  by: KeptBy
  why: string
}

/** Why a rule keeps a point, or why it does not. */
interface Told {
  keeps?: Reason
  not?: string
}
type Rule = (point: RetainedPoint, rank: number) => Told

const rulesOf = (
  retention: Retention,
  newestFirst: readonly RetainedPoint[],
  { now, timeZone }: Pick<RetentionQuestion, 'now' | 'timeZone'>,
): Rule[] => {
  const { last, days, forever, atLeast } = retention
  const soundest = newestFirst.find(({ weakerBecause }) => weakerBecause === undefined)
  const rules: Rule[] = [
    (_, rank) =>
      rank < atLeast
        ? {
            keeps: {
              by: 'atLeast',
              why: `The newest ${atLeast === 1 ? 'point' : `${atLeast} points`} of a VM always stay${atLeast === 1 ? 's' : ''}.`,
            },
          }
        : {},
    point =>
      point === soundest && point !== newestFirst[0]
        ? {
            keeps: {
              by: 'soundest',
              why: 'It is the newest that came up to its method; those after it are weaker.',
            },
          }
        : {},
  ]
  if (forever)
    rules.push(() => ({ keeps: { by: 'forever', why: 'Nothing of this policy expires.' } }))
  if (last !== undefined)
    rules.push((_, rank) =>
      rank < last
        ? { keeps: { by: 'last', why: `It is among the newest ${last}.` } }
        : { not: `It is not among the newest ${last}.` },
    )
  if (days !== undefined)
    rules.push(({ taken }) =>
      now - taken < days * DAY
        ? {
            keeps: {
              by: 'days',
              why: `It is younger than ${days} ${days === 1 ? 'day' : 'days'}.`,
            },
          }
        : { not: `It is not younger than ${days} ${days === 1 ? 'day' : 'days'}.` },
    )
  for (const period of PERIODS) {
    const count = retention[period.rule]
    if (count !== undefined) rules.push(standsFor(period, count, newestFirst, timeZone))
  }
  return rules
}

interface Period {
  rule: 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly'
  noun: string
  /** @returns names the period of a point: sortable, and as people read it */
  of: (point: RetainedPoint, timeZone: string) => string
}

const wallDate = ({ taken }: RetainedPoint, timeZone: string): Date =>
  new Date(wallOf(timeZone, taken))
const dateOf = (date: Date, length: number): string => date.toISOString().slice(0, length)

const PERIODS: readonly Period[] = [
  {
    rule: 'hourly',
    noun: 'hour',
    // The hour that clocks show twice is two hours.
    of: (point, timeZone) => {
      const wall = wallDate(point, timeZone)
      const offset = (wall.getTime() - point.taken) / 60_000
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
      const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
      return `${dateOf(wall, 13).replace('T', ' ')}h (UTC${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)})`
    },
  },
  { rule: 'daily', noun: 'day', of: (point, zone) => dateOf(wallDate(point, zone), 10) },
  {
    rule: 'weekly',
    noun: 'week',
    of: (point, zone) => {
      const wall = wallDate(point, zone)
      const sinceMonday = (wall.getUTCDay() + 6) % 7
      return `of ${dateOf(new Date(wall.getTime() - sinceMonday * DAY), 10)}`
    },
  },
  { rule: 'monthly', noun: 'month', of: (point, zone) => dateOf(wallDate(point, zone), 7) },
  { rule: 'yearly', noun: 'year', of: (point, zone) => dateOf(wallDate(point, zone), 4) },
]

/** The newest point of each of the newest `count` periods that have points. */
const standsFor = (
  { rule, noun, of }: Period,
  count: number,
  newestFirst: readonly RetainedPoint[],
  timeZone: string,
): Rule => {
  const periods = new Map(newestFirst.map(point => [point, of(point, timeZone)]))
  const standing = new Map<string, RetainedPoint>()
  for (const [point, period] of periods) if (!standing.has(period)) standing.set(period, point)
  const kept = new Set([...standing.keys()].slice(0, count))
  const newest = count === 1 ? 'the newest' : `among the newest ${count} ${noun}s`
  return point => {
    const period = periods.get(point) ?? ''
    const name = `the ${noun} ${period}`
    if (!kept.has(period)) return { not: `${upper(name)} is not ${newest} with points.` }
    return standing.get(period) === point
      ? { keeps: { by: rule, why: `It stands for ${name}, ${newest} with points.` } }
      : { not: `A newer point stands for ${name}.` }
  }
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const heldBy = (
  { pointId, vmUuid, lock }: RetainedPoint,
  holds: readonly Hold[],
  now: number,
): Reason[] => [
  ...holds
    .filter(
      hold =>
        (hold.pointId === pointId || hold.vmUuid === vmUuid) &&
        (hold.until === undefined || hold.until > now),
    )
    .map(
      ({ reason, until }): Reason => ({
        by: 'hold',
        why: `A legal hold keeps it${until === undefined ? '' : ` until ${utc(until)}`}: ${reason}`,
      }),
    ),
  ...(lock && lock.until > now
    ? [
        {
          by: 'lock' as const,
          why: `It is locked in ${lock.mode} mode until ${utc(lock.until)}.`,
        },
      ]
    : []),
]

const utc = (instant: number): string =>
  `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** In whose calendar the points of a policy are looked at. */
export const retentionZone = ({
  retention,
  schedule,
}: {
  retention: Retention
  schedule?: { timeZone: string } | undefined
}): string => retention.timeZone ?? schedule?.timeZone ?? 'UTC'
