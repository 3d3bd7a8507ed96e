import { z } from 'zod'
import { Instant, NameLabel, Ulid, XenUuid } from '../contracts/ids.ts'
import { type PointSummary, SitePointBrief } from '../contracts/points.ts'
import { skewText } from './skew-text.ts'
import type { StoredPoint } from './summary.ts'

/** Names of the streams of a site point: what the site was and which points belong together; how it is brought back, for programs and for people. */
export const SITE_DOCUMENT = 'site.json'
export const RESTORE_PLAN = 'restore-plan.json'
export const RUNBOOK = 'runbook.md'

/** What stands in the commit record of a site point. The point's `vmUuid` is the site's id as a UUID (core/sites/site-uuid.ts). */
export const SiteSubject = z.object({
  format: z.literal('site'),
  version: z.literal(1),
  name: NameLabel,
  /** The pool whose gateway sealed it. */
  poolUuid: XenUuid,
  /** When its newest member was taken. */
  taken: Instant,
  policyId: Ulid.optional(),
  site: SitePointBrief,
  /** What an administrator should know, one sentence each. */
  notes: z.array(z.string().max(500)).max(50),
})
export type SiteSubject = z.infer<typeof SiteSubject>

/** The line of a list for a site point; see `summarize`. */
export const summarizeSite = (
  repositoryId: string,
  point: StoredPoint,
  { name, poolUuid, taken, policyId, site }: SiteSubject,
  { lock }: Pick<PointSummary, 'lock'> = {},
): PointSummary => {
  const size = point.disks.reduce((sum, disk) => sum + disk.size, 0)
  return {
    pointId: point.id,
    repositoryId,
    kind: 'site',
    vmUuid: point.vmUuid,
    vmName: name,
    poolUuid,
    taken,
    committed: point.created,
    ...(policyId && { policyId }),
    site,
    // Its members tell their own; what ties them together is no more than one run.
    consistency: 'crash',
    disks: [],
    skipped: [],
    contents: point.disks.map(({ id, size, rootHash }) => ({ name: id, size, rootHash })),
    facts: siteFacts(site),
    bytesRead: size,
    bytesNew: Math.min(point.statistics.newBytes, size),
    bytesStored: point.statistics.storedBytes + point.size,
    ...(lock !== undefined && { lock }),
  }
}

/** @returns what it is worth, one short sentence each */
const siteFacts = ({ state, members, skewMs, reasons }: SitePointBrief): string[] => [
  `${state === 'complete' ? 'Complete' : 'Partial'}: ${members === 1 ? '1 recovery point belongs' : `${members} recovery points belong`} together, taken within ${skewText(skewMs)}.`,
  ...reasons.slice(0, 19),
]
