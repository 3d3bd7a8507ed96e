import { z } from 'zod'
import { NameLabel, Ulid, XenUuid } from './ids.ts'
import { LockPolicy } from './points.ts'
import { SiteDefinition } from './site.ts'
import { MemberPoint } from './site-point.ts'

/** Write down what belongs together of a site, and how it is brought back, as one recovery point: when all its members of a run have ended. */
export const SealSitePointSpec = z.strictObject({
  kind: z.literal('seal-site-point'),
  /** Whose gateway does it: a pool of the site. It is not looked at. */
  poolUuid: XenUuid,
  /** The site's id as a UUID. */
  vmUuid: XenUuid,
  /** The site's name. */
  vmName: NameLabel,
  siteId: Ulid,
  /** Without the lock there is no point. */
  lock: LockPolicy.optional(),
  /** The policy that asks for it, whose retention the point is under. */
  policyId: Ulid.optional(),
})
export type SealSitePointSpec = z.infer<typeof SealSitePointSpec>

/** What one task of a site came to in a run. */
export const SiteTaskOutcome = z.strictObject({
  taskId: z.string().min(1).max(400),
  jobId: Ulid,
  /** What its points are found under. */
  subjectUuid: XenUuid.optional(),
  point: MemberPoint.optional(),
  /** Why there is none. */
  because: z.string().max(1_000).optional(),
})
export type SiteTaskOutcome = z.infer<typeof SiteTaskOutcome>

/** POST /v1/jobs/{jobId}/site: the site of a job that seals its point, in parts */
export const SiteOfJobRequest = z.strictObject({
  epoch: z.int().positive(),
  /** The `next` of the part before. */
  after: z.string().min(1).max(100).optional(),
})
export const SiteOfJobReply = z.strictObject({
  runId: Ulid,
  /** Runs before it whose members belong to its point as well; only of the first part. */
  alsoRuns: z.array(Ulid).max(50).optional(),
  /** As it was when the run was planned; only of the first part. */
  definition: SiteDefinition.optional(),
  /** A piece of the JSON text of the plan that the run went by (`SiteGraph`), to be put behind the one before. */
  graph: z.string().optional(),
  outcomes: z.array(SiteTaskOutcome).max(1_000).optional(),
  next: z.string().max(100).optional(),
})
export type SiteOfJobReply = z.infer<typeof SiteOfJobReply>
