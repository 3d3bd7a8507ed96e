import type { Policy, PolicyInput } from '../contracts/policies.ts'
import type { PolicyWords } from '../contracts/policies-api.ts'
import { scheduleWords } from './schedule-words.ts'
import { selectionWords } from './selection-words.ts'

/** What a policy says, as people say it. @param others among which is the one that it follows */
export const policyWords = (
  policy: PolicyInput,
  others: readonly Pick<Policy, 'policyId' | 'name'>[] = [],
): PolicyWords => ({
  takes: cut(selectionWords(policy.selection)),
  how: howWords(policy),
  when: cut(whenWords(policy, others)),
  kept: keptWords(policy),
  ...(policy.lock && { lock: `${days(policy.lock.days)} in ${policy.lock.mode} mode` }),
})

const AT_MOST = 1_000

const cut = (text: string): string =>
  text.length > AT_MOST ? `${text.slice(0, AT_MOST - 2)} …` : text

const howWords = ({ method, fallback, together }: PolicyInput): string => {
  const otherwise = {
    fail: 'else it fails',
    crash: 'else crash-consistent',
    'hard-shutdown': 'else switched off',
  }
  return [
    method,
    ...(fallback && method !== 'normal' ? [otherwise[fallback]] : []),
    ...(together ? ['snapshots of all VMs together'] : []),
  ].join(', ')
}

const whenWords = (
  { schedule, after, window }: PolicyInput,
  others: readonly Pick<Policy, 'policyId' | 'name'>[],
): string => {
  const during = window ? `; begins ${window.from} to ${window.to} (${window.timeZone}) only` : ''
  if (schedule) return `${scheduleWords(schedule)}${during}`
  if (!after) return 'when somebody starts it'
  const first = others.find(({ policyId }) => policyId === after.policyId)?.name ?? after.policyId
  return `after each run of "${first}" ${after.when === 'any' ? 'that was not cancelled' : 'that succeeded'}${during}`
}

const PERIODS = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const

/** `the last 3, 7 daily, 4 weekly, all of 30 days, at least 2` */
const keptWords = ({ retention }: PolicyInput): string => {
  const { last, forever, atLeast } = retention
  return [
    ...(forever ? ['everything'] : []),
    ...(last === undefined ? [] : [last === 1 ? 'the last one' : `the last ${last}`]),
    ...PERIODS.flatMap(rule =>
      retention[rule] === undefined ? [] : [`${retention[rule]} ${rule}`],
    ),
    ...(retention.days === undefined ? [] : [`all of ${days(retention.days)}`]),
    ...(atLeast > 1 ? [`at least ${atLeast}`] : []),
  ].join(', ')
}

const days = (n: number): string => `${n} ${n === 1 ? 'day' : 'days'}`
