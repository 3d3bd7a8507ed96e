import type { NotificationEvent } from '../contracts/notifications.ts'
import { cut } from './text/document.ts'

/** The same thing going wrong in the same way, time after time. */
export interface Series {
  /** What is wrong, so that another trouble of the same thing begins anew. */
  fingerprint: string
  count: number
  since: number
  /** When it was told last, and how often it came since without being told. */
  told: number
  untold: number
  /** Id of the newest event in it; older rows have none. */
  last?: string
  /** Kinds of the events in it: who hears of one of them hears of its end. */
  kinds: NotificationEvent['kind'][]
}

/** What a message says of the ones before it. */
export interface Context {
  /** Position in the row, from 1. */
  inARow: number
  /** When the row began. */
  since: number
  /** How many of the row were not told, since the last one that was. */
  untold: number
  /** Of a good message: what has come to an end. */
  ended?: { count: number; since: number; kinds: NotificationEvent['kind'][] }
}

/** The row that an event belongs to: of what, and what is wrong; `ends`: it tells that nothing is wrong any more. */
interface Place {
  name: string
  fingerprint: string
  ends: boolean
}

/** Of scheduled beginnings that were missed: of a policy, or of the maintenance of the repository. */
export const scheduleRow = ({
  policyId,
  runKind,
}: {
  policyId?: string | undefined
  runKind?: string
}): string | undefined => {
  if (policyId !== undefined) return `schedule#${policyId}`
  return runKind === 'maintenance' ? 'schedule#maintenance' : undefined
}

const NAME_LIMIT = 250 // UTF-16 units: three bytes each at most, of 1,024 that a sort key has (DynamoDB)

/** @returns `undefined` for what stands for itself */
export const placeOf = (event: NotificationEvent): Place | undefined => {
  const place = (name: string, fingerprint: string, ends = false): Place => ({
    name: cut(name, NAME_LIMIT),
    fingerprint,
    ends,
  })
  switch (event.kind) {
    case 'run-succeeded':
    case 'run-warning':
    case 'run-failed': {
      const subject = event.policyId ?? `${event.runKind} ${event.title}`
      const named = event.troubles.map(({ problem, name }) => problem?.code ?? name)
      // Of hundreds, other ones are named each time, for the same reasons.
      const codes = [...named, ...(event.causes ?? []).map(({ code }) => code)]
      const fingerprint = [...new Set([event.problem?.code ?? '', ...codes])].sort().join(' ')
      // Each time that a person is waited for has to be heard of.
      const which = event.actionRequired ? event.runId : fingerprint
      return place(`run#${subject}`, `${event.kind} ${which}`, event.kind === 'run-succeeded')
    }
    case 'schedule-missed':
      return place(scheduleRow({ runKind: 'maintenance', ...event }) ?? '', event.why.code)
    case 'gateway-silent':
    case 'gateway-back':
      return place(`gateway#${event.gatewayId}`, 'silent', event.kind === 'gateway-back')
    case 'damage-found':
      return place(`damage#${event.during}`, event.findings.join('\n'))
    default:
      return undefined
  }
}

/**
 * What an event is within its row.
 * @param before the row so far
 * @param quietMs the same again within this time is counted and not told
 * @returns the row with it (`undefined`: there is none any more), whether it is told, and what is said of those before it
 */
export const within = (
  before: Series | undefined,
  place: Place | undefined,
  { kind, at, eventId: last }: Pick<NotificationEvent, 'kind' | 'at' | 'eventId'>,
  quietMs: number,
): { after: Series | undefined; told: boolean; context: Context } => {
  const alone: Context = { inARow: 1, since: at, untold: 0 }
  if (!place) return { after: before, told: true, context: alone }
  if (place.ends) {
    const ended = before && { count: before.count, since: before.since, kinds: before.kinds }
    return { after: undefined, told: true, context: { ...alone, ...(ended && { ended }) } }
  }
  const { fingerprint } = place
  if (before?.fingerprint !== fingerprint) {
    const kinds = [...new Set([...(before?.kinds ?? []), kind])]
    return {
      after: { fingerprint, count: 1, since: at, told: at, untold: 0, last, kinds },
      told: true,
      context: alone,
    }
  }
  const { since, untold } = before
  const count = before.count + 1
  const kinds = [...new Set([...before.kinds, kind])]
  if (at - before.told < quietMs)
    return {
      after: { ...before, count, kinds, last, untold: untold + 1 },
      told: false,
      context: { inARow: count, since, untold },
    }
  return {
    after: { ...before, count, kinds, last, told: at, untold: 0 },
    told: true,
    context: { inARow: count, since, untold },
  }
}
