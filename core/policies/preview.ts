import type { Policy } from '../contracts/policies.ts'
import type { PreviewPolicyReply, VmVerdict } from '../contracts/policies-api.ts'
import { nightly } from '../costs/estate.ts'
import { idleCost, monthlyCost } from '../costs/monthly-cost.ts'
import { countText } from '../count-text.ts'
import { policyWords } from './policy-words.ts'
import { previewNotes } from './preview-notes.ts'
import { decideRetention, retentionZone } from './retention.ts'
import { nextTimes, timesUntil } from './schedule.ts'
import {
  excludedDisksOf,
  type Inventory,
  type Members,
  membersOf,
  protection,
} from './selection.ts'
import { wallOf } from './zone.ts'

/** VMs that an answer names, and points that it looks ahead at. */
const SHOWN = 2_000
const LOOKED_AHEAD = 10_000
const YEAR = 365 * 86_400_000

/**
 * What a policy would do: which VMs it takes and why, when it runs, what of one VM would be there after some months, what that costs.
 * @param policy as it would be saved; `inventory.policies` has it in place of the present one
 * @param now ms since 1970
 */
export const previewPolicy = (
  policy: Policy,
  inventory: Inventory,
  { now, months }: { now: number; months: number },
): Omit<PreviewPolicyReply, 'expiresNow' | 'shortened'> => {
  const members = membersOf(policy, inventory)
  const { schedule } = policy
  const kept = schedule && keptAfter(policy, schedule, { now, months })
  const cost = kept && costOf(policy, members, kept.points.length, now)
  return {
    words: policyWords(policy, inventory.policies),
    vms: verdicts(policy, members, inventory),
    chosen: members.chosen.length,
    leftOut: members.leftOut.length,
    nextTimes: schedule ? nextTimes(schedule, now, 5) : [],
    ...(kept && { kept }),
    ...(cost && { cost }),
    notes: previewNotes(policy, members, inventory, now),
  }
}

const verdicts = (policy: Policy, members: Members, inventory: Inventory): VmVerdict[] => {
  const by = protection(inventory)
  const others = (uuid: string) =>
    (by.get(uuid) ?? []).filter(({ policyId }) => policyId !== policy.policyId)
  const verdict =
    (chosen: boolean) =>
    ({ vm, why }: { vm: Inventory['vms'][number]; why: string }): VmVerdict => ({
      vmUuid: vm.uuid,
      vmName: vm.name,
      poolName: vm.poolName,
      chosen,
      why: why.slice(0, 1_000),
      alsoBy: others(vm.uuid)
        .map(({ name }) => name)
        .slice(0, 100),
      excludedDisks: chosen ? excludedDisksOf(policy.excludeDisks, vm) : [],
    })
  return [...members.chosen.map(verdict(true)), ...members.leftOut.map(verdict(false))].slice(
    0,
    SHOWN,
  )
}

/** One VM that is backed up each time from now on. */
const keptAfter = (
  policy: Policy,
  schedule: NonNullable<Policy['schedule']>,
  { now, months }: { now: number; months: number },
): NonNullable<PreviewPolicyReply['kept']> => {
  const until = addMonths(now, months)
  const times = timesUntil(schedule, { from: now, until, n: LOOKED_AHEAD })
  const points = times.map((taken, index) => ({ pointId: String(index), vmUuid: '', taken }))
  const at = times.length === LOOKED_AHEAD ? (times.at(-1) ?? until) : until
  const timeZone = retentionZone(policy)
  const stays = decideRetention({ points, retention: policy.retention, now: at, timeZone })
  return {
    ...{ at, timeZone },
    made: points.length,
    points: stays.flatMap(({ pointId, keep, why, by }) =>
      keep
        ? [{ taken: times[Number(pointId)] ?? 0, why: why.map(text => text.slice(0, 300)), by }]
        : [],
    ),
  }
}

const addMonths = (instant: number, months: number): number => {
  const date = new Date(wallOf('UTC', instant))
  date.setUTCMonth(date.getUTCMonth() + months)
  return date.getTime()
}

/** What it adds to the bill of a control plane that is there anyway, by list prices and the usual share of data that changes. */
const costOf = (
  { schedule, lock }: Policy,
  { chosen }: Members,
  keptPoints: number,
  now: number,
): PreviewPolicyReply['cost'] => {
  if (!schedule || chosen.length === 0) return undefined
  const runs = timesUntil(schedule, { from: now, until: now + YEAR, n: LOOKED_AHEAD }).length
  const perDay = runs / 365
  const protectedBytes = chosen.reduce(
    (sum, { vm, excludedDisks }) =>
      sum +
      vm.disks.reduce(
        (bytes, { size, userdevice }) =>
          excludedDisks.includes(userdevice) ? bytes : bytes + size,
        0,
      ),
    0,
  )
  const estate = nightly({
    ...{ vms: chosen.length, protectedBytes, backupsPerDay: perDay, runsPerDay: perDay },
    ...{ keptPoints, locked: lock !== undefined, lockDays: lock?.days ?? 0 },
  })
  const bill = monthlyCost(estate)
  const idle = idleCost({ gateways: estate.gateways, people: estate.people })
  return {
    usdPerMonth: cents(bill.total - idle.total),
    region: bill.region,
    pricesAsOf: bill.pricesAsOf,
    basis: `${countText(chosen.length, 'VM')} with disks of ${gigabytes(protectedBytes)} GB, taken as full; a day changes ${estate.dailyChange * 100} % of them; a byte is stored as ${estate.storedRatio}; ${countText(keptPoints, 'point')} kept of each VM, backed up ${perDay.toFixed(2)} times a day. On AWS, without what the control plane costs anyway.`,
  }
}

const cents = (usd: number): number => Math.max(0, Math.round(usd * 100) / 100)

/** Whole ones where there are many. */
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(bytes < 10e9 ? 2 : 0)
