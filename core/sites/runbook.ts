import type { SiteRestorePlan, SiteRestoreStep } from '../contracts/site-restore-plan.ts'
import { safeText } from '../safe-text.ts'

/**
 * A restore plan for people, as Markdown: whoever has only the bucket and the key of the repository follows it by hand.
 * @param about the site point: when its members were taken, what it lacks
 */
export const runbookOf = (
  plan: SiteRestorePlan,
  about: { pointId: string; state: string; taken: number; reasons: readonly string[] },
): string => {
  const numbers = new Map(plan.steps.map(({ id }, index) => [id, index + 1]))
  return [
    `# Restoring the XenDesktop site ${inline(plan.site)}`,
    '',
    `From the site point ${about.pointId}, ${about.state}, taken ${new Date(about.taken).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    '',
    ...list(about.reasons, 'What it lacks:'),
    ...list(plan.notes, 'To know before the first step:'),
    'The order matters: each step needs those that it names. With XenKeep running, "xenkeep site restore" goes through the same steps and starts what is automatic.',
    '',
    ...plan.steps.flatMap((step, index) => stepLines(step, index + 1, numbers)),
  ].join('\n')
}

const GOES_ON =
  '- Where its recipe has steps for a person, XenKeep stops there and says what to do; the step stays open until the last of them is confirmed ("xenkeep site step RESTORE N done" goes on).'

const stepLines = (
  { title, kind, does, after, job, dangers, confirm, optional }: SiteRestoreStep,
  number: number,
  numbers: ReadonlyMap<string, number>,
): string[] => {
  const before = after.flatMap(id => numbers.get(id) ?? [])
  return [
    `## ${number}. ${inline(title)}`,
    '',
    `${kind === 'automatic' ? 'XenKeep does this.' : 'A person does this.'}${optional ? ' May be left out.' : ''}${
      before.length > 0 ? ` After ${stepsText(before)}.` : ''
    }`,
    '',
    ...does.map(line => `- ${inline(line)}`),
    ...(job?.kind === 'restore-component' ? [GOES_ON] : []),
    ...(job ? [`- Recovery point: \`${job.pointId}\` (${jobText(job)}).`] : []),
    ...(confirm
      ? [`- ${kind === 'manual' ? 'Done when' : 'First make sure'}: ${inline(confirm)}`]
      : []),
    ...dangers.map(danger => `- **Danger:** ${inline(danger)}`),
    '',
  ]
}

const jobText = (job: NonNullable<SiteRestoreStep['job']>): string => {
  switch (job.kind) {
    case 'restore-vm':
      return `the VM ${inline(job.vmName)}, identity: ${job.identity}`
    case 'restore-component':
      return `by the recipe ${job.recipe} on the guest ${inline(job.guestName)}`
    case 'rehearse-pool-restore':
      return `the database of the pool ${inline(job.poolName)}`
  }
}

const list = (lines: readonly string[], heading: string): string[] =>
  lines.length === 0 ? [] : [heading, '', ...lines.map(line => `- ${inline(line)}`), '']

/** The first few numbers, where a step needs very many. */
const stepsText = (numbers: readonly number[]): string => {
  const shown = numbers.slice(0, 10).join(', ')
  const more = numbers.length > 10 ? ` and ${numbers.length - 10} more` : ''
  return `step${numbers.length > 1 ? 's' : ''} ${shown}${more}`
}

/** One line that says what it says: names come from the pool, and may hold anything. */
const inline = (text: string): string =>
  safeText(text).replace(/[\\`*_[\]<>#|]/g, character => `\\${character}`)
