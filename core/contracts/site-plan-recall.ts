import { z } from 'zod'
import { NameLabel, Ulid, XenUuid } from './ids.ts'
import { SiteDefinition } from './site.ts'
import { SiteGraph } from './site-graph.ts'
import { SitePointRecord } from './site-point.ts'

/** What stands in `site.json` of a site point: what the site was, what its run went by, and what came of it. */
export const SiteDocument = z.strictObject({
  format: z.literal('site-point'),
  version: z.literal(1),
  siteId: Ulid,
  runId: Ulid,
  pointId: Ulid,
  definition: SiteDefinition,
  record: SitePointRecord,
  graph: SiteGraph,
})
export type SiteDocument = z.infer<typeof SiteDocument>

/** Read in the repository what a site point names, and tell it to a catalog that does not know it any more. */
export const ReadSitePlanSpec = z.strictObject({
  kind: z.literal('read-site-plan'),
  pointId: Ulid,
  /** The site's id as a UUID. */
  vmUuid: XenUuid,
  /** The site's name. */
  vmName: NameLabel,
})
export type ReadSitePlanSpec = z.infer<typeof ReadSitePlanSpec>

/** POST /v1/runs: takes no more than a site point. */
export const RecallSitePlanRequest = z.strictObject({
  kind: z.literal('site-plan'),
  pointId: Ulid,
})

/** Characters of one piece: far below what a call and an item of the catalog (390 KB) take. A site of 10,000 machines is some 150 of them. */
export const PLAN_PIECE = 90_000

/** POST /v1/jobs/{jobId}/site-plan: a `SiteDocument` as JSON text of ASCII, in pieces, in their order; with the last one it is taken over */
export const TellSitePlanRequest = z.strictObject({
  epoch: z.int().positive(),
  /** From 1. */
  page: z.int().min(1).max(999),
  pages: z.int().min(1).max(999),
  text: z.string().min(1).max(PLAN_PIECE),
  /** Of the stream `site.json` that it was read from, as the point names it. */
  rootHash: z.string().max(200),
})
export const TellSitePlanReply = z.strictObject({
  /** Of the last piece: how many of the members' points the catalog does not know. */
  missing: z.int().nonnegative().optional(),
  /** Of the last piece, where the catalog did not know the site: it is defined again, or another one bears its name. */
  site: z.enum(['defined', 'name-taken']).optional(),
})
export type TellSitePlanReply = z.infer<typeof TellSitePlanReply>
