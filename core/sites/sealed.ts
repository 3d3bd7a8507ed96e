import type { SitePointBrief } from '../contracts/points.ts'
import type { SitePointRecord } from '../contracts/site-point.ts'
import type { SiteTaskOutcome } from '../contracts/site-points.ts'
import type { SiteRestorePlan } from '../contracts/site-restore-plan.ts'
import { sitePoint } from '../site/point.ts'
import { restorePlan } from '../site/restore-plan.ts'
import { runbookOf } from './runbook.ts'
import type { SitePlan } from './site-plan.ts'

/** What a run of a site went by, and what became of its tasks. */
export type PlannedSite = Pick<SitePlan, 'siteId' | 'definition' | 'graph'> & {
  outcomes: readonly SiteTaskOutcome[]
}

/** What belongs together, as the run came to it. */
export const factsOf = ({ graph, outcomes }: PlannedSite): SitePointRecord =>
  sitePoint(
    graph,
    new Map(
      outcomes.map(({ taskId, subjectUuid, point, because }) => [
        taskId,
        {
          ...(subjectUuid && { subjectUuid }),
          ...(point && { point }),
          ...(because !== undefined && { because }),
        },
      ]),
    ),
  )

/** How the site comes back from its point. */
export const planFrom = (
  { definition, graph }: PlannedSite,
  record: SitePointRecord,
): SiteRestorePlan => restorePlan(definition, graph, record)

/** What a site point is made of. */
export interface Sealed {
  brief: SitePointBrief
  /** When the newest member was taken, ms since 1970. */
  taken: number
  documents: { site: string; plan: string; runbook: string }
  notes: string[]
}

/** @returns `undefined` where no member has a point */
export const sealed = (
  site: PlannedSite & { runId: string; pointId: string; alsoRuns?: readonly string[] | undefined },
): Sealed | undefined => {
  const { siteId, runId, pointId, definition, graph, alsoRuns = [] } = site
  const record = factsOf(site)
  const taken = record.members.flatMap(({ point }) => point?.taken ?? [])
  if (taken.length === 0) return undefined
  const plan = planFrom(site, record)
  const newest = taken.reduce((a, b) => Math.max(a, b))
  const { state, reasons, notes, skew } = record
  return {
    brief: {
      ...{ siteId, runId, state, members: taken.length },
      reasons: reasons.slice(0, 20).map(short),
      skewMs: skew?.milliseconds ?? 0,
      ...(alsoRuns.length > 0 && { alsoRuns: [...alsoRuns] }),
    },
    taken: newest,
    documents: {
      site: json({
        format: 'site-point',
        version: 1,
        ...{ siteId, runId, pointId },
        definition,
        record,
        graph,
      }),
      plan: json(plan),
      runbook: runbookOf(plan, { pointId, state, taken: newest, reasons }),
    },
    notes: notes.slice(0, 50).map(short),
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const SENTENCE = 500 // characters of a line in a list
const short = (text: string): string =>
  text.length <= SENTENCE ? text : `${text.slice(0, SENTENCE - 2)} …`
