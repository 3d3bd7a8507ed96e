import type { PointSummary } from '../contracts/points.ts'
import { ComponentSubject } from './component-subject.ts'
import { summarizeComponent } from './component-summary.ts'
import { ImageSubject } from './image-subject.ts'
import { SiteSubject, summarizeSite } from './site-subject.ts'
import { parseSubject } from './subject.ts'
import { type StoredPoint, summarize } from './summary.ts'

/**
 * The line of a list for a point of whatever kind, as its commit record describes it.
 * @returns nothing for a disk image: it belongs to no pool, so that no list of the control plane has it
 * @throws `POINT_UNINTELLIGIBLE`
 */
export const summarizeAny = (
  repositoryId: string,
  point: StoredPoint & { subject: unknown },
  more: Pick<PointSummary, 'lock' | 'bootCheck'> = {},
): PointSummary | undefined => {
  if (ImageSubject.safeParse(point.subject).success) return undefined
  const site = SiteSubject.safeParse(point.subject)
  if (site.success) return summarizeSite(repositoryId, point, site.data, more)
  const component = ComponentSubject.safeParse(point.subject)
  return component.success
    ? summarizeComponent(repositoryId, point, component.data, more)
    : summarize(repositoryId, point, parseSubject(point.id, point.subject), more)
}
