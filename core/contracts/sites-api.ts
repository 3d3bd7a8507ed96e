import { z } from 'zod'
import { Instant, Ulid, XenUuid } from './ids.ts'
import { LastRun } from './last-run.ts'
import { PointSummary, SitePointBrief } from './points.ts'
import { PageQuery } from './runs-api.ts'
import { SiteDefinition } from './site.ts'
import { SiteGraph, SiteTask } from './site-graph.ts'
import { SiteMember, SiteSkew } from './site-point.ts'
import { SiteRestorePlan, SiteRestoreStep } from './site-restore-plan.ts'

/** Characters of a text that is kept beside a definition; a longer one is not, and its comments are lost. */
export const SITE_TEXT = 90_000

/** A definition as a person wrote it, YAML with its comments. What counts is the definition: a text that says something else is not shown. */
const SiteText = z.string().min(1).max(SITE_TEXT)

/** A site, and how it stands. */
export const SiteView = z.strictObject({
  siteId: Ulid,
  /** Under which its site points are found, as those of a VM under its UUID. */
  siteUuid: XenUuid,
  site: SiteDefinition,
  /** As it was written, where that was kept; only of one site, not in lists. */
  text: SiteText.optional(),
  /** Grows with each change; a change names the version that it was made from. */
  version: z.int().positive(),
  /** When it was saved last, and by whom. */
  changed: Instant,
  changedBy: z.string().max(200),
  /** Policies that back it up. */
  policies: z
    .array(z.strictObject({ policyId: Ulid, name: z.string().max(200), enabled: z.boolean() }))
    .max(100),
  /** Its newest site point. */
  newest: SitePointBrief.extend({ pointId: Ulid, taken: Instant }).optional(),
  /** The newest run of the policies that back it up. */
  lastRun: LastRun.optional(),
  deleted: z.strictObject({ at: Instant, by: z.string().max(200) }).optional(),
})
export type SiteView = z.infer<typeof SiteView>

/** GET /v1/sites, by age */
export const ListSitesQuery = z.strictObject({
  after: z.string().min(1).max(500).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  /** Also those that were deleted. */
  deleted: z.literal('true').optional(),
})
export const ListSitesReply = z.strictObject({
  items: z.array(SiteView),
  next: z.string().optional(),
})

/** PUT /v1/sites/{siteId}: the definition as it is to be, whole; `version` of the one that was looked at */
export const PutSiteRequest = z.strictObject({
  version: z.int().positive(),
  site: SiteDefinition,
  /** Left out, the text of before is forgotten. */
  text: SiteText.optional(),
})

/** POST /v1/sites: the definition, and how it was written */
export const CreateSiteRequest = SiteDefinition.extend({ text: SiteText.optional() })

/** DELETE /v1/sites/{siteId} */
export const DeleteSiteQuery = z.strictObject({ version: z.coerce.number().int().positive() })
export const DeleteSiteReply = z.strictObject({
  siteId: Ulid,
  /** What becomes of its points. */
  line: z.string().max(1_000),
})

/** POST /v1/sites/preview: what a run of it would do now; nothing is saved */
export const PreviewSiteRequest = z.strictObject({ site: SiteDefinition })
export const PreviewSiteReply = SiteGraph.extend({
  /** The first 1,000 in the order in which they would be queued. */
  tasks: z.array(SiteTask).max(1_000),
  /** How many there are. */
  taskCount: z.int().nonnegative(),
})
export type PreviewSiteReply = z.infer<typeof PreviewSiteReply>

/** GET /v1/site-points/{pointId}: what belongs together; members are paged, the rest is told with each page */
export const GetSitePointQuery = PageQuery
export const GetSitePointReply = z.strictObject({
  point: PointSummary,
  state: SitePointBrief.shape.state,
  reasons: z.array(z.string().max(2_000)).max(500),
  notes: z.array(z.string().max(2_000)).max(500),
  skew: SiteSkew.optional(),
  members: z.array(SiteMember).max(1_000),
  memberCount: z.int().nonnegative(),
  next: z.string().optional(),
})
export type GetSitePointReply = z.infer<typeof GetSitePointReply>

/** GET /v1/site-points/{pointId}/plan: how the site comes back from it; steps are paged in their order */
export const GetSitePlanReply = SiteRestorePlan.extend({
  steps: z.array(SiteRestoreStep).max(1_000),
  stepCount: z.int().nonnegative(),
  next: z.string().optional(),
})
export type GetSitePlanReply = z.infer<typeof GetSitePlanReply>
