import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import {
  type DailyFacts,
  NAMED_AT_MOST,
  type NotificationEvent,
} from '../contracts/notifications.ts'
import type { Policy } from '../contracts/policies.ts'
import { readGateways, toldName } from '../gateways/gateway.ts'
import { readProtectedVms } from '../points/points-catalog.ts'
import { readPolicies } from '../policies/policies-catalog.ts'
import { nextTimes } from '../policies/schedule.ts'
import { protects } from '../policies/selection.ts'
import type { Catalog } from '../ports.ts'
import { isOnlyLook, type Run } from '../runs/run.ts'
import { agesOf, verificationOf } from './age-of-points.ts'
import type { ChannelState } from './channel.ts'
import { readAllChannels } from './channels-catalog.ts'
import type { Notice } from './notice.ts'
import { pointsOfReport } from './points-of-report.ts'
import { unprotectedVms } from './watch-unprotected.ts'

/** A run that ended in the time of a report may have begun so long before, in ms. */
const LONGEST_RUN = 7 * 86_400_000

/** What happened from one time to another, and how things stand. Reads what it needs and decides nothing. */
export const dailyFacts = async (
  catalog: Catalog,
  {
    from,
    until,
    timeZone,
    silentMs,
  }: { from: number; until: number; timeZone: string; silentMs: number },
): Promise<DailyFacts> => {
  const ended = await runsOf(catalog, from, until)
  const count = (state: Run['state']) => ended.filter(run => run.state === state).length
  const troubled = ended.filter(({ state }) => state === 'failed' || state === 'warning')
  const open = await Array.fromAsync(queryAll(catalog, keys.openRun('').pk))
  const missed = await missedIn(catalog, from, until)
  const { known, unprotected, taken } = await unprotectedVms(catalog, until)
  const newest = await readProtectedVms(catalog)
  return {
    from,
    until,
    timeZone,
    runs: {
      succeeded: count('succeeded'),
      warning: count('warning'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      open: open.length,
    },
    troubled: troubled.slice(0, NAMED_AT_MOST).map(run => ({
      runId: run.runId,
      runKind: run.kind,
      title: run.title,
      state: run.state,
      ...(run.ended === undefined ? {} : { ended: run.ended }),
      line: run.line ?? '',
    })),
    missed: missed.slice(0, NAMED_AT_MOST),
    missedTotal: missed.length,
    vms: { known, unprotected: unprotected.length },
    unprotected: unprotected
      .slice(0, NAMED_AT_MOST)
      .map(({ uuid, name, poolName }) => ({ vmUuid: uuid, name, poolName })),
    ...(await pointsOfReport(catalog, { from, until })),
    ...agesOf(taken, newest),
    ...(await verificationOf(catalog, newest, until)),
    next: await nextRuns(catalog, until),
    gateways: (await readGateways(catalog)).slice(0, 100).map(gateway => ({
      name: toldName(gateway),
      ...(gateway.lastSeen === undefined ? {} : { lastSeen: gateway.lastSeen }),
      silent: until - (gateway.lastSeen ?? gateway.enrolled) > silentMs,
    })),
    channels: await failingChannels(catalog),
  }
}

const runsOf = async (catalog: Catalog, from: number, until: number): Promise<Run[]> => {
  const runs: Run[] = []
  let after: string | undefined
  do {
    const page = await catalog.query<Run>(keys.run('').pk, {
      ...{ descending: true, limit: 200, ...(after === undefined ? {} : { after }) },
    })
    runs.push(...page.items.map(({ value }) => value))
    after = page.next
  } while (after !== undefined && (runs.at(-1)?.started ?? 0) > from - LONGEST_RUN)
  return runs.filter(run => {
    const { ended = 0 } = run
    return !isOnlyLook(run) && ended > from && ended <= until
  })
}

/** From what was told of them, or would have been. */
const missedIn = async (
  catalog: Catalog,
  from: number,
  until: number,
): Promise<DailyFacts['missed']> => {
  const missed: DailyFacts['missed'] = []
  let after: string | undefined
  let oldest = until
  do {
    const page = await catalog.query<Notice>(keys.notice('').pk, {
      ...{ descending: true, limit: 200, ...(after === undefined ? {} : { after }) },
    })
    missed.push(...page.items.flatMap(({ value: { event } }) => missedOf(event, from, until)))
    oldest = page.items.at(-1)?.value.event.at ?? from
    after = page.next
  } while (after !== undefined && oldest > from)
  return missed
}

const missedOf = (event: NotificationEvent, from: number, until: number): DailyFacts['missed'] =>
  event.kind === 'schedule-missed' && event.at > from && event.at <= until
    ? [{ policyName: event.policyName, due: event.due, why: event.why.message }]
    : []

const nextRuns = async (catalog: Catalog, now: number): Promise<DailyFacts['next']> =>
  (await readPolicies(catalog))
    .flatMap(({ value: { policy } }) => nextOf(policy, now))
    .sort((a, b) => a.at - b.at)
    .slice(0, NAMED_AT_MOST)

const nextOf = (policy: Policy, now: number): DailyFacts['next'] => {
  if (!protects(policy) || !policy.schedule) return []
  return nextTimes(policy.schedule, now, 1).map(at => ({ policyName: policy.name, at }))
}

const failingChannels = async (catalog: Catalog): Promise<DailyFacts['channels']> => {
  const names = new Map((await readAllChannels(catalog)).map(item => [item.channelId, item.name]))
  const states = queryAll<ChannelState>(catalog, keys.channelState('').pk)
  return (await Array.fromAsync(states)).flatMap(({ sk, value: { failing } }) =>
    failing ? [{ name: names.get(sk) ?? sk, since: failing.since, error: failing.error }] : [],
  )
}
