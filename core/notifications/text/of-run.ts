import type { NotificationEvent } from '../../contracts/notifications.ts'
import type { Problem } from '../../contracts/problem.ts'
import type { Context } from '../series.ts'
import {
  type Document,
  linkTo,
  type Manner,
  named,
  oneLine,
  plural,
  spanText,
  timeText,
} from './document.ts'

type RunEvent = Extract<NotificationEvent, { kind: 'run-succeeded' | 'run-warning' | 'run-failed' }>

const NOUNS: Record<string, string> = {
  backup: 'Backup',
  restore: 'Restore',
  'boot-check': 'Boot check',
  replication: 'Replication',
  failover: 'Failover',
  maintenance: 'Maintenance',
  files: 'Look at files',
}

const ENDS = {
  'run-succeeded': { severity: 'info', word: 'succeeded' },
  'run-warning': { severity: 'warning', word: 'ended with warnings' },
  'run-failed': { severity: 'error', word: 'failed' },
} as const

const FOR_A_PERSON = { severity: 'warning', word: 'waits for a person' } as const

export const runDocument = (event: RunEvent, context: Context, manner: Manner): Document => {
  const { counts, started, ended } = event
  const noun = NOUNS[event.runKind] ?? 'Run'
  const { severity, word } = event.actionRequired ? FOR_A_PERSON : ENDS[event.kind]
  const what = event.policyName ? named(event.policyName, 80) : oneLine(event.title, 80)
  return {
    severity,
    subject: oneLine(`${noun} ${wordOf(word, context)}: ${what}`, 200),
    // Slack refuses a whole message for an empty paragraph.
    story: [...inARow(context, manner), oneLine(event.line)].filter(Boolean),
    facts: [
      ...(event.policyName ? [{ label: 'Policy', value: oneLine(event.policyName) }] : []),
      { label: 'What', value: oneLine(event.title) },
      { label: 'Began', value: timeText(started, manner) },
      { label: 'Ended', value: `${timeText(ended, manner)}, after ${spanText(ended - started)}` },
      { label: 'Result', value: countsText(counts) },
      { label: 'Run', value: event.runId },
    ],
    lists: troublesOf(event),
    advice: adviceOf(event),
    ...linkTo(manner, `runs/${event.runId}`, 'Show the run in the console'),
  }
}

const wordOf = (word: string, { inARow, ended }: Context): string => {
  if (ended) return 'works again'
  return inARow > 1 ? `${word} again (${ordinal(inARow)} time in a row)` : word
}

/** What a message says of the ones before it; it never hides how many there were. */
export const inARow = (
  { inARow: count, since, untold, ended }: Context,
  manner: Manner,
): string[] => {
  if (ended)
    return [
      `Before, it did not end well ${plural(ended.count, 'time')} in a row, since ${timeText(ended.since, manner)}.`,
    ]
  if (count === 1) return []
  const quiet =
    untold > 0
      ? ` ${plural(untold, 'message')} of the same kind ${untold === 1 ? 'was' : 'were'} not sent in between.`
      : ''
  return [
    `This is the ${ordinal(count)} time in a row, in the same way, since ${timeText(since, manner)}.${quiet}`,
  ]
}

const ordinal = (count: number): string => {
  const last = count % 10
  const teens = count % 100 >= 11 && count % 100 <= 13
  const ending = teens ? 'th' : (['th', 'st', 'nd', 'rd'][last] ?? 'th')
  return `${count}${ending}`
}

const countsText = ({ good, failed, skipped, cancelled }: RunEvent['counts']): string =>
  [
    `${good} succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} left out`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
  ].join(', ')

const troublesOf = ({ troubles, counts, causes = [] }: RunEvent): Document['lists'] => {
  if (troubles.length === 0) return []
  const all = counts.failed + counts.skipped + counts.cancelled
  const told = new Map(causes.map(({ code, message }) => [code, message]))
  const total = causes.reduce((sum, { count }) => sum + count, 0)
  return [
    ...(causes.length > 0
      ? [
          {
            title: 'Why',
            items: causes.map(({ code, count, message }) =>
              oneLine(`${count} × ${code}: ${message}`),
            ),
            // Of the rarest causes none is named.
            more: Math.max(0, counts.failed - total),
          },
        ]
      : []),
    {
      title: 'What did not go well',
      items: troubles.map(({ name, problem, line }) =>
        oneLine(`${named(name)}: ${problem ? wordsOf(problem, told) : line}`),
      ),
      more: Math.max(0, all - troubles.length),
    },
  ]
}

/** What was said of many is not said of each again. */
const wordsOf = ({ code, message }: Problem, told: ReadonlyMap<string, string>): string =>
  told.get(code) === message ? code : `${message} (${code})`

/** Each advice once, the most frequent first. */
const adviceOf = ({ troubles, problem, kind, causes, actionRequired }: RunEvent): string[] => {
  if (causes) return [...new Set(causes.map(({ advice }) => oneLine(advice)))].slice(0, 5)
  const all = [problem, ...troubles.map(trouble => trouble.problem)].flatMap(found =>
    found ? [oneLine(found.advice)] : [],
  )
  const distinct = [...new Set(all)]
  const count = (advice: string) => all.filter(other => other === advice).length
  const sorted = distinct.sort((a, b) => count(b) - count(a)).slice(0, 5)
  if (sorted.length > 0 || kind === 'run-succeeded') return sorted
  if (actionRequired) return ['Do what it says, and have it go on.']
  return ['Look at the run to see what was left out and why.']
}
