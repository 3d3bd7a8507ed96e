import { keys } from '#core/catalog/keys.ts'
import type { Policy, Schedule } from '#core/contracts/policies.ts'
import { ScheduleMissedError } from '#core/errors/policies.ts'
import { readPolicies, type StoredPolicy } from '#core/policies/policies-catalog.ts'
import { newestTime, timesUntil } from '#core/policies/schedule.ts'
import { wallOf } from '#core/policies/zone.ts'
import { type FirePorts, type Firing, fire, leaveOut, timeKey } from './fire.ts'

/** Later than this is late, in ms: EventBridge fires within a minute, and whatever looks after policies comes each minute. */
const ON_TIME = 5 * 60_000

/** How far back it is looked for times that nobody fired, in ms: the longest that a late run may be allowed. */
const LOOK_BACK = 168 * 3_600_000

/** So many missed times are counted one by one. */
const COUNTED = 500

/**
 * Runs a policy whose time has come, if that was not done: the newest time since the last one that was decided. Times before it that nobody was there for
 * are told and left out; so is the newest, where the policy wants no run that late.
 */
export const fireSchedule = async (
  ports: FirePorts,
  { policy, since }: StoredPolicy,
): Promise<Firing | undefined> => {
  const { schedule, enabled, pausedUntil = 0 } = policy
  const now = ports.clock.now()
  if (!schedule || !enabled || pausedUntil > now) return undefined
  const from = Math.max(since, pausedUntil, now - LOOK_BACK, await lastDecided(ports, policy))
  const due = newestTime(schedule, { from, until: now })
  if (due === undefined) return undefined
  const earlier = timesUntil(schedule, { from, until: due - 1, n: COUNTED + 1 })
  const occasion = { key: timeKey(policy.policyId, due), due }
  const lateBy = now - due
  if (lateBy <= ON_TIME) {
    const last = newestTime(schedule, { from, until: due - 1 })
    if (last !== undefined) await tellEarlier(ports, policy, schedule, { last, earlier })
    return fire(ports, policy, occasion)
  }
  const begins = schedule.ifMissed === 'run' && lateBy <= schedule.withinHours * 3_600_000
  const missed = new ScheduleMissedError(policy.name, {
    ...{ time: timeText(schedule, due), begins },
    minutesLate: Math.round(lateBy / 60_000),
    earlier: earlier.length,
    countedTo: COUNTED,
  })
  return begins
    ? fire(ports, policy, { ...occasion, late: missed })
    : leaveOut(ports, policy, occasion, missed)
}

/** What the scheduler of the cloud calls: does nothing but what `fireSchedule` would. */
export const fireScheduled = async (
  ports: FirePorts,
  policyId: string,
): Promise<Firing | undefined> => {
  const found = (await readPolicies(ports.catalog)).find(({ sk }) => sk === policyId)
  return found && fireSchedule(ports, found.value)
}

const tellEarlier = async (
  ports: FirePorts,
  policy: Policy,
  schedule: Schedule,
  { last, earlier }: { last: number; earlier: readonly number[] },
): Promise<void> => {
  const why = new ScheduleMissedError(policy.name, {
    ...{ time: timeText(schedule, last), begins: false },
    minutesLate: Math.round((ports.clock.now() - last) / 60_000),
    earlier: earlier.length - 1,
    countedTo: COUNTED - 1,
  })
  await leaveOut(ports, policy, { key: timeKey(policy.policyId, last), due: last }, why)
}

/**
 * The newest time of the schedule of which it was decided what becomes of it. Those that have not come yet were decided by a clock that was ahead, and must not keep the
 * policy from running until then.
 */
const lastDecided = async (
  { catalog, clock }: FirePorts,
  { policyId }: Policy,
): Promise<number> => {
  const { items } = await catalog.query<Firing>(keys.firing(policyId, '').pk, {
    ...{ prefix: 'at#', limit: 1, descending: true },
    after: timeKey(policyId, clock.now() + 1).sk,
  })
  return items[0]?.value.due ?? 0
}

const timeText = ({ timeZone }: Schedule, due: number): string =>
  `${new Date(wallOf(timeZone, due)).toISOString().slice(0, 16).replace('T', ' ')} (${timeZone})`
