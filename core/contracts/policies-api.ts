import { z } from 'zod'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { LastRun } from './last-run.ts'
import { Policy, PolicyInput } from './policies.ts'
import { Problem } from './problem.ts'
import { PageQuery } from './runs-api.ts'

/** What a policy says, as people say it. */
export const PolicyWords = z.strictObject({
  /** Which VMs. */
  takes: z.string().max(1_000),
  /** The method. */
  how: z.string().max(200),
  /** Times with their zone, and the window. */
  when: z.string().max(1_000),
  /** How long points are kept. */
  kept: z.string().max(300),
  /** Left out where points are not locked. */
  lock: z.string().max(100).optional(),
})
export type PolicyWords = z.infer<typeof PolicyWords>

/** A policy, and what becomes of it next. */
export const PolicyView = z.strictObject({
  policy: Policy,
  /** Grows with each change; a change names the version that it was made from. */
  version: z.int().positive(),
  /** When it was saved last, and by whom. */
  changed: Instant,
  changedBy: z.string().max(200),
  /** When it runs by its schedule next; left out where it does not. */
  nextTime: Instant.optional(),
  words: PolicyWords,
  /** Of `getPolicy` and `listPolicies`; left out where it never ran. */
  lastRun: LastRun.optional(),
  /** Deleted policies stay as long as points of theirs are kept under their last retention. */
  deleted: z.strictObject({ at: Instant, by: z.string().max(200) }).optional(),
})
export type PolicyView = z.infer<typeof PolicyView>

/** GET /v1/policies, by age */
export const ListPoliciesQuery = z.strictObject({
  after: z.string().min(1).max(500).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  /** Also those that were deleted. */
  deleted: z.literal('true').optional(),
})
export const ListPoliciesReply = z.strictObject({
  items: z.array(PolicyView),
  next: z.string().optional(),
})

/** POST /v1/policies */
export const CreatePolicyRequest = PolicyInput

/** PUT /v1/policies/{policyId}: the policy as it is to be, whole; `version` of the one that was looked at */
export const PutPolicyRequest = z.strictObject({
  version: z.int().positive(),
  policy: PolicyInput,
})

/** DELETE /v1/policies/{policyId} */
export const DeletePolicyQuery = z.strictObject({ version: z.coerce.number().int().positive() })
export const DeletePolicyReply = z.strictObject({
  policyId: Ulid,
  /** What becomes of its points. */
  line: z.string().max(1_000),
})

/** POST /v1/policies/preview: nothing is saved */
export const PreviewPolicyRequest = z.strictObject({
  policy: PolicyInput,
  /** Which one it is to replace. */
  policyId: Ulid.optional(),
  /** How far ahead what is kept is computed. */
  months: z.int().min(1).max(120).default(12),
})

/** Whether a policy takes a VM, and why. */
export const VmVerdict = z.strictObject({
  vmUuid: XenUuid,
  vmName: NameLabel,
  poolName: NameLabel,
  chosen: z.boolean(),
  /** One sentence. */
  why: z.string().max(1_000),
  /** Names of the other policies that protect it too. */
  alsoBy: z.array(z.string().max(200)).max(100),
  /** VBD.userdevice of disks that the policy leaves out. */
  excludedDisks: z.array(z.string().max(10)).max(255),
})
export type VmVerdict = z.infer<typeof VmVerdict>

/** What keeps a point: a member of the retention, or what no member decides. */
export const KeptBy = z.enum([
  'atLeast',
  'soundest',
  'forever',
  'last',
  'days',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'yearly',
  'hold',
  'lock',
  'change',
  'site',
  'doubt',
])
export type KeptBy = z.infer<typeof KeptBy>

export const PreviewPolicyReply = z.strictObject({
  words: PolicyWords,
  /** Of all VMs, the first 2,000, those that are chosen first. */
  vms: z.array(VmVerdict).max(2_000),
  chosen: z.int().nonnegative(),
  leftOut: z.int().nonnegative(),
  /** The next five times by its schedule. */
  nextTimes: z.array(Instant).max(5),
  /** What of one VM would be there after those months, oldest first; left out where the policy has no schedule. */
  kept: z
    .strictObject({
      at: Instant,
      /** IANA name: whose calendar counts. */
      timeZone: z.string().max(100),
      /** How many points would have been made until then. */
      made: z.int().nonnegative(),
      points: z
        .array(
          z.strictObject({
            taken: Instant,
            why: z.array(z.string().max(300)).max(20),
            by: z.array(KeptBy).max(20),
          }),
        )
        .max(10_000),
    })
    .optional(),
  /** What it adds to a month's bill on AWS once it has all its points; left out where it has no schedule or takes nothing. */
  cost: z
    .strictObject({
      usdPerMonth: z.number().nonnegative(),
      region: z.string().max(50),
      /** A date. */
      pricesAsOf: z.string().max(20),
      /** What it is reckoned from. */
      basis: z.string().max(1_000),
    })
    .optional(),
  /** How many of the points that it has made would expire at once under this retention and not under the present one; left out for a new policy. */
  expiresNow: z.int().nonnegative().optional(),
  /** In which respects its points would be kept shorter than now: saving it asks for an administrator then. */
  shortened: z.array(z.string().max(200)).max(20),
  /** What an administrator should know before saving, one sentence each. */
  notes: z.array(z.string().max(1_000)).max(100),
})
export type PreviewPolicyReply = z.infer<typeof PreviewPolicyReply>

/** GET /v1/policies/{policyId}/kept-points: the points that it made of one VM, newest first, and what becomes of each when points are looked through next */
export const KeptPointsQuery = z.strictObject({
  /** UUID or exact name, also of a VM that is gone. */
  vm: z.string().min(1).max(1_000),
})
export const KeptPointsReply = z.strictObject({
  /** IANA name: whose calendar counts. */
  timeZone: z.string().max(100),
  points: z
    .array(
      z.strictObject({
        pointId: Ulid,
        taken: Instant,
        keep: z.boolean(),
        /** What keeps it; empty where it expires. */
        by: z.array(KeptBy).max(20),
        /** One sentence each. */
        why: z.array(z.string().max(1_000)).max(50),
      }),
    )
    .max(5_000),
})

/** GET /v1/policies/{policyId}/occasions: its times of the last weeks, newest first, and what became of each */
export const ListOccasionsQuery = PageQuery.extend({
  /** Only those on which it did not run. */
  missed: z.literal('true').optional(),
})
export const OccasionView = z.strictObject({
  /** When it should have begun. */
  due: Instant,
  /** By its schedule, or after a run of another policy. */
  kind: z.enum(['schedule', 'after']),
  /** Left out where it did not run. */
  runId: Ulid.optional(),
  /** Why it did not run. */
  leftOut: Problem.optional(),
})
export type OccasionView = z.infer<typeof OccasionView>
export const ListOccasionsReply = z.strictObject({
  items: z.array(OccasionView),
  next: z.string().optional(),
})
