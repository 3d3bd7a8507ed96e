import { decodeTime } from 'ulid'
import { keys } from '../catalog/keys.ts'
import type { NotificationEvent } from '../contracts/notifications.ts'
import type { Answer, OpenProblem } from '../contracts/overview-api.ts'
import type { Policy } from '../contracts/policies.ts'
import type { Notice } from '../notifications/notice.ts'
import type { Series } from '../notifications/series.ts'
import type { Catalog } from '../ports.ts'
import { isGoneOn } from '../restore/component-restore.ts'
import type { Run } from '../runs/run.ts'
import { countOf, timeText } from './words.ts'

/** Rows of troubles that are looked at, at most; of runs and of beginnings each. */
const ROWS = 500
/** What somebody began by hand is told of for so long: nothing begins it again by itself. ms */
const BY_HAND = 7 * 86_400_000

/**
 * Runs that failed, or went well in parts, and beginnings that were missed, as long as no later one of the same policy went well: the row of each is there until
 * then (core/notifications/series.ts). Those of policies that are gone or switched off are nobody's concern any more.
 * @param policies those that there are
 */
export const failures = async (
  catalog: Catalog,
  policies: readonly Pick<Policy, 'policyId' | 'enabled'>[],
  now: number,
): Promise<OpenProblem[]> => {
  const enabled = new Set(policies.flatMap(policy => (policy.enabled ? [policy.policyId] : [])))
  const pages = await Promise.all(
    // Rows of policies come first: their ids begin with a digit.
    ['run#', 'schedule#'].map(prefix =>
      catalog.query<Series>(keys.series('').pk, { prefix, limit: ROWS }),
    ),
  )
  const rows = pages
    .flatMap(({ items }) => items)
    .filter(({ sk, value: { last } }) => {
      const [, policyId] = POLICY_ROW.exec(sk) ?? []
      if (policyId !== undefined) return enabled.has(policyId)
      return REPEATED_ROW.test(sk) || (last !== undefined && decodeTime(last) > now - BY_HAND)
    })
  const found = await Promise.all(rows.map(({ value }) => readLast(catalog, value)))
  return rows.flatMap(({ value }, index) => {
    const event = found[index]
    return event ? problemOf(event, value) : []
  })
}

const POLICY_ROW = /^(?:run|schedule)#([0-7][0-9A-HJKMNP-TV-Z]{25})$/
/** Of what begins by itself without a policy. */
const REPEATED_ROW = /^(?:run#(?:maintenance|replication) |schedule#maintenance$)/

const readLast = async (
  catalog: Catalog,
  { last }: Series,
): Promise<NotificationEvent | undefined> => {
  const event = last && (await catalog.get<Notice>(keys.notice(last)))?.value.event
  if (!event) return undefined
  const isOver = 'actionRequired' in event && (await isSettled(catalog, event.runId))
  return isOver ? undefined : event
}

/** What waited for a person does so no more: another run went on from it, or gave it up. */
const isSettled = async (catalog: Catalog, runId: string): Promise<boolean> => {
  const run = (await catalog.get<Run>(keys.run(runId)))?.value
  return run !== undefined && (run.givenUpBy !== undefined || (await isGoneOn(catalog, run)))
}

const problemOf = (event: NotificationEvent, { count, since }: Series): OpenProblem[] => {
  const often = count > 1 ? ` ${count.toLocaleString('en')} times in a row` : ''
  switch (event.kind) {
    case 'run-failed':
    case 'run-warning': {
      const {
        policyName,
        title,
        line,
        runId,
        problem,
        causes = [],
        troubles,
        actionRequired,
      } = event
      const advice = problem?.advice ?? causes[0]?.advice ?? troubles[0]?.problem?.advice
      const what = actionRequired
        ? 'waits for a person'
        : event.kind === 'run-failed'
          ? 'failed'
          : 'went well only in parts'
      return [
        {
          kind: event.kind,
          standing: event.kind === 'run-failed' ? 'bad' : 'warning',
          text: `${policyName === undefined ? title : `"${policyName}"`} ${what}${often}: ${line}`,
          since,
          ...(advice !== undefined && { advice }),
          go: { to: 'run', id: runId },
        },
      ]
    }
    case 'schedule-missed': {
      const { policyId, policyName, due, why } = event
      return [
        {
          kind: 'schedule-missed',
          standing: 'bad',
          text: `"${policyName}" did not begin at ${timeText(due)}${often && `, missed${often}`}: ${why.message}`,
          since,
          advice: why.advice,
          go: policyId === undefined ? { to: 'repository' } : { to: 'policy', id: policyId },
        },
      ]
    }
    default:
      return []
  }
}

const FAILURES: ReadonlySet<OpenProblem['kind']> = new Set([
  'run-failed',
  'run-warning',
  'schedule-missed',
])

/** @param began runs of the 24 hours before */
export const failuresAnswer = (problems: readonly OpenProblem[], began: string): Answer => {
  const failed = problems.filter(({ kind }) => FAILURES.has(kind))
  const runs = `${began} began in the last 24 hours.`
  if (failed.length === 0)
    return { standing: 'good', text: `Nothing that failed is left to be made good. ${runs}` }
  const isBad = failed.some(({ standing }) => standing === 'bad')
  return {
    standing: isBad ? 'bad' : 'warning',
    text: `${countOf(failed.length, 'trouble')} ${failed.length === 1 ? 'was' : 'were'} not made good since. ${runs}`,
  }
}
