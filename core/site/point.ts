import type { SiteGraph } from '../contracts/site-graph.ts'
import type { SiteMember, SitePointRecord, SiteSkew } from '../contracts/site-point.ts'
import { countText } from '../count-text.ts'
import { clip } from './known.ts'
import { skipLine } from './skips.ts'
import { byText, quoted } from './words.ts'

/** What became of one task of a run: its point, or why there is none. */
export type TaskOutcome = Pick<SiteMember, 'point' | 'because'> & {
  /** What its points are found under, where that is not told by the task itself: the UUID of a component. */
  subjectUuid?: string | undefined
}

const SENTENCE = 2_000 // characters (core/contracts/site-point.ts)

/** Members that are further apart than this are worth a word: of servers that talk to each other one may know what another does not. */
const WIDE_SKEW_MS = 60 * 60_000

/**
 * What belongs together, made of what a run came to. Complete, if all that should have been saved was; a task that is missing from `outcomes` has no point, and that
 * is told as well.
 */
export const sitePoint = (
  graph: SiteGraph,
  outcomes: ReadonlyMap<string, TaskOutcome>,
): SitePointRecord => {
  const members = graph.tasks.map((task): SiteMember => {
    const { point, because, subjectUuid } = outcomes.get(task.id) ?? {}
    const [uuid, subjectName] = subjectOf(task)
    const known = subjectUuid ?? uuid
    return {
      ...{ taskId: task.id, kind: task.kind, roles: task.roles, title: task.title, subjectName },
      ...(known !== undefined && { subjectUuid: known }),
      ...(point ? { point } : { because: because ?? 'The run ended before it was begun.' }),
    }
  })
  const missing = members.filter(({ point }) => !point)
  const gaps = graph.skips.filter(({ gap }) => gap)
  const skew = skewOf(members)
  return {
    state: missing.length + gaps.length > 0 ? 'partial' : 'complete',
    reasons: [
      ...missing.map(({ title, because = '' }) => `${title}: there is no point. ${because}`),
      ...gaps.map(skip => sentenceOf(skipLine(skip))),
    ]
      .map(text => clip(text, SENTENCE))
      .slice(0, 500),
    notes: [
      ...graph.skips.filter(({ gap }) => !gap).map(skip => sentenceOf(skipLine(skip))),
      ...weaker(members),
      ...(skew && skew.milliseconds > WIDE_SKEW_MS ? [wideWords(skew)] : []),
    ]
      .map(text => clip(text, SENTENCE))
      .slice(0, 500),
    members,
    ...(skew && { skew }),
  }
}

const sentenceOf = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const subjectOf = (task: SiteGraph['tasks'][number]): [uuid: string | undefined, name: string] => {
  switch (task.kind) {
    case 'vm':
    case 'template':
      return [task.vmUuid, task.vmName]
    case 'component':
      return [undefined, task.guestName]
    case 'pool-metadata':
      return [task.poolUuid, task.poolName]
    case 'host':
      return [task.hostUuid, task.hostName]
  }
}

/** Members that are less than was asked for. */
const weaker = (members: readonly SiteMember[]): string[] =>
  members.flatMap(({ subjectName, point }) =>
    point?.weakerBecause
      ? [`${quoted(subjectName)} is only ${point.consistency}-consistent: ${point.weakerBecause}`]
      : [],
  )

/** What pools and hosts know of themselves is of no moment: it does not count. */
const skewOf = (members: readonly SiteMember[]): SiteSkew | undefined => {
  const taken = members
    .flatMap(({ taskId, title, kind, point }) =>
      point && kind !== 'pool-metadata' && kind !== 'host'
        ? [{ taskId, title, taken: point.taken }]
        : [],
    )
    .sort((a, b) => a.taken - b.taken || byText(a.taskId, b.taskId))
  const [oldest, newest] = [taken[0], taken.at(-1)]
  return oldest && newest && taken.length > 1
    ? { milliseconds: newest.taken - oldest.taken, oldest, newest }
    : undefined
}

const wideWords = ({ milliseconds, oldest, newest }: SiteSkew): string =>
  `Its members are ${durationText(milliseconds)} apart: the oldest is of the step “${oldest.title}”, the newest of “${newest.title}”. What changed between the two may be known to one and not to the other.`

/** @returns `40 seconds`, `3 minutes`, `5 hours` */
export const durationText = (ms: number): string => {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return countText(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? countText(minutes, 'minute') : countText(Math.round(minutes / 60), 'hour')
}
