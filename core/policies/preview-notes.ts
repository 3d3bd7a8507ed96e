import type { Policy } from '../contracts/policies.ts'
import { asXenkeepError } from '../errors/base.ts'
import { discardedLine } from './discarded.ts'
import { programPool } from './program-pool.ts'
import { nextTimes, skippedTimes, windowEnd } from './schedule.ts'
import { type Inventory, type Members, protection } from './selection.ts'

const YEAR = 366 * 86_400_000

/** What an administrator should know of a policy before saving it, one sentence each. */
export const previewNotes = (
  policy: Policy,
  members: Members,
  inventory: Inventory,
  now: number,
): string[] =>
  [
    ...selectionNotes(policy, members, inventory),
    ...timeNotes(policy, now),
    ...lockNotes(policy),
    ...groupNotes(policy, members),
    ...programNotes(policy, members, inventory),
  ].map(note => note.slice(0, 1_000))

const selectionNotes = (
  policy: Policy,
  { chosen, missing, discarded }: Members,
  inventory: Inventory,
) => [
  ...(discarded > 0 ? [discardedLine(discarded)] : []),
  ...(chosen.length === 0
    ? ['It takes no VM as the inventory stands; its runs would fail, and say so.']
    : []),
  ...(missing.length > 0
    ? [
        `No pool has ${missing.length === 1 ? 'a VM that it names' : `${missing.length} VMs that it names`}: ${some(missing)}.`,
      ]
    : []),
  ...overlapNotes(policy, chosen, inventory),
]

const overlapNotes = ({ policyId }: Policy, chosen: Members['chosen'], inventory: Inventory) => {
  const by = protection(inventory)
  const shared = new Map<string, number>()
  for (const { vm } of chosen)
    for (const other of by.get(vm.uuid) ?? [])
      if (other.policyId !== policyId) shared.set(other.name, (shared.get(other.name) ?? 0) + 1)
  return [...shared].map(
    ([name, count]) =>
      `The policy "${name}" protects ${count === 1 ? 'one of these VMs' : `${count} of these VMs`} too: each is backed up by both, and each policy keeps its own points.`,
  )
}

const timeNotes = ({ enabled, schedule, after, window, pausedUntil }: Policy, now: number) => [
  ...(enabled ? [] : ['It is disabled: it runs only when a person starts it.']),
  ...(schedule || after
    ? []
    : [
        'It has no schedule and follows no policy: it runs only when a person starts it, and its VMs count as unprotected.',
      ]),
  ...(pausedUntil !== undefined && pausedUntil > now
    ? [
        `It is paused until ${new Date(pausedUntil).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
      ]
    : []),
  ...(schedule ? clockNotes(schedule, now) : []),
  ...(schedule && window ? windowNotes(schedule, window, now) : []),
]

const clockNotes = (schedule: NonNullable<Policy['schedule']>, now: number): string[] => {
  const skipped = skippedTimes(schedule, { from: now, until: now + YEAR, n: 3 })
  const [first] = skipped
  if (first === undefined) return []
  const text = new Date(first).toISOString().slice(0, 16).replace('T', ' ')
  return [`Clocks in ${schedule.timeZone} go forward over ${text}: there is no run at that time.`]
}

const windowNotes = (
  schedule: NonNullable<Policy['schedule']>,
  window: NonNullable<Policy['window']>,
  now: number,
): string[] => {
  const times = nextTimes(schedule, now, 20)
  const outside = times.filter(time => windowEnd(window, time) === undefined)
  if (outside.length === 0) return []
  return [
    outside.length === times.length
      ? `All its times lie outside its window (${window.from} to ${window.to}, ${window.timeZone}): it would never back up anything.`
      : `${outside.length} of its next ${times.length} times lie outside its window (${window.from} to ${window.to}, ${window.timeZone}): nothing is backed up at those.`,
  ]
}

const lockNotes = ({ lock }: Policy): string[] =>
  lock
    ? [
        `Points are locked for ${lock.days} ${lock.days === 1 ? 'day' : 'days'} and stay that long, also where no rule keeps them${
          lock.mode === 'compliance'
            ? '; nobody can take that back, not even the owner of the account'
            : ''
        }.`,
      ]
    : []

const groupNotes = ({ together }: Policy, { chosen }: Members): string[] => {
  const pools = new Set(chosen.map(({ vm }) => vm.poolUuid)).size
  return together && (chosen.length > 64 || pools > 1)
    ? [
        `Snapshots together are for at most 64 VMs of one pool; these are ${chosen.length} of ${pools === 1 ? 'one pool' : `${pools} pools`}, so its runs would fail.`,
      ]
    : []
}

const programNotes = ({ runHooks }: Policy, { chosen }: Members, { vms }: Inventory): string[] => {
  if (!runHooks || chosen.length === 0) return []
  const { before, after } = runHooks
  const names = [before, after].flatMap(program => (program ? [`"${program.script}"`] : []))
  try {
    const { name } = programPool(runHooks, chosen, vms)
    return [`The gateway of the pool "${name}" runs ${names.join(' and ')} around each run.`]
  } catch (error) {
    const { message } = asXenkeepError(error)
    return [`${message} Its runs would fail.`]
  }
}

const some = (texts: readonly string[]): string =>
  `${texts.slice(0, 5).join(', ')}${texts.length > 5 ? ` and ${texts.length - 5} more` : ''}`
