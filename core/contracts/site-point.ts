import { z } from 'zod'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { Consistency } from './points.ts'
import { SiteRole } from './site-roles.ts'

/** The point that a task of a run came to. */
export const MemberPoint = z.strictObject({
  pointId: Ulid,
  taken: Instant,
  consistency: Consistency,
  weakerBecause: z.string().max(500).optional(),
})

/** What became of one task of a run: a point, or why there is none. */
export const SiteMember = z.strictObject({
  /** Of the graph that the run went by. */
  taskId: z.string().min(1).max(400),
  kind: z.enum(['vm', 'component', 'template', 'pool-metadata', 'host']),
  roles: z.array(SiteRole).min(1).max(13),
  title: z.string().max(500),
  /** What its points are found under: the VM, the component, the template, the pool, the host. */
  subjectUuid: XenUuid.optional(),
  subjectName: NameLabel,
  point: MemberPoint.optional(),
  /** One sentence; where there is no point. */
  because: z.string().max(2_000).optional(),
})
export type SiteMember = z.infer<typeof SiteMember>

/** How far apart the members of a site point are. */
export const SiteSkew = z.strictObject({
  milliseconds: z.int().nonnegative(),
  oldest: z.strictObject({
    taskId: z.string().max(400),
    title: z.string().max(500),
    taken: Instant,
  }),
  newest: z.strictObject({
    taskId: z.string().max(400),
    title: z.string().max(500),
    taken: Instant,
  }),
})
export type SiteSkew = z.infer<typeof SiteSkew>

/** What belongs together: the points of all members of a site, taken by one run. */
export const SitePointRecord = z.strictObject({
  /** `partial`: something that should have been saved was not. */
  state: z.enum(['complete', 'partial']),
  /** Why it is not complete, a sentence each, the gravest first. */
  reasons: z.array(z.string().max(2_000)).max(500),
  /** What else is worth knowing: members that are weaker than they should be, a wide skew. */
  notes: z.array(z.string().max(2_000)).max(500),
  members: z.array(SiteMember).max(10_000),
  /** Left out where fewer than two members have a point. */
  skew: SiteSkew.optional(),
})
export type SitePointRecord = z.infer<typeof SitePointRecord>
