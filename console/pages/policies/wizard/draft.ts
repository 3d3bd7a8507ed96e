import { PolicyInput } from '#core/contracts/policies.ts'
import { problems as words } from '../../../text/policy-wizard/problems.ts'

/**
 * A policy that only lacks a name and VMs.
 * @param timeZone of its schedule
 * @param vms UUIDs of those that it is to take, where they were chosen already
 */
export const newDraft = (timeZone: string, vms?: readonly string[]): PolicyInput => ({
  name: '',
  enabled: true,
  selection: { include: [vms && vms.length > 0 ? { vms: [...vms] } : {}], exclude: [] },
  method: 'normal',
  excludeDisks: [],
  schedule: { cron: '0 22 * * *', timeZone, ifMissed: 'run', withinHours: 12 },
  retention: { daily: 7, weekly: 4, monthly: 12, atLeast: 1 },
  notify: [],
})

/** What every step gets: the policy as it stands, and how to change it. */
export interface StepProps {
  draft: PolicyInput
  /** A member that is `undefined` is left out of the policy. */
  change: (members: Partial<PolicyInput>) => void
  /** What is wrong at a member (`retention.daily`), once the person has tried to go on. */
  problem: (path: string) => string | undefined
}

export const STEPS = ['what', 'how', 'when', 'keep', 'tell', 'summary'] as const
export type Step = (typeof STEPS)[number]

/** The step that shows a member of a policy. */
const SHOWN_IN: Record<keyof PolicyInput, Step> = {
  ...{ name: 'what', description: 'what', selection: 'what' },
  ...{ method: 'how', fallback: 'how', shutdownSeconds: 'how', freezeSeconds: 'how' },
  ...{ together: 'how', wire: 'how', excludeDisks: 'how', hooks: 'how', runHooks: 'how' },
  ...{ limits: 'how', schedule: 'when', window: 'when', after: 'when' },
  ...{ enabled: 'when', pausedUntil: 'when', retention: 'keep', lock: 'keep', notify: 'tell' },
}

export interface DraftProblem {
  path: string
  step: Step
  text: string
}

/** What keeps a policy from being saved, as far as that can be told without asking. */
export const problemsOf = (draft: PolicyInput): DraftProblem[] =>
  (PolicyInput.safeParse(draft).error?.issues ?? []).map(({ path, message }) => ({
    path: path.join('.'),
    step: SHOWN_IN[path[0] as keyof PolicyInput] ?? 'summary',
    text: textOf(path.map(String), message),
  }))

const textOf = (path: readonly string[], message: string): string => {
  const [first, second] = path
  const last = path.at(-1)
  if (first === 'name') return words.name
  if (first === 'selection' && path.length === 3) return words.selector
  if (first === 'retention' && path.length === 1) return words.retention
  if (first === 'retention') return words.count
  if (last === 'script') return words.script
  if (first === 'excludeDisks' && path.length === 2) return words.diskRule
  if (first === 'notify' && second !== undefined) return words.notify
  return words.other(message)
}
