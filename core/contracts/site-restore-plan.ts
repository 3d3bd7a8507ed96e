import { z } from 'zod'
import { NameLabel, Ulid, XenUuid } from './ids.ts'
import { RestoreIdentity } from './restore.ts'
import { SiteRole } from './site-roles.ts'

/** The order in which a site comes back, each needing those before it. */
export const RestorePhase = z.enum([
  'prepare',
  'pools',
  'directory',
  'network',
  'databases',
  'licences',
  'controllers',
  'storefront',
  'services',
  'images',
  'catalogs',
  'desktops',
  'finish',
])
export type RestorePhase = z.infer<typeof RestorePhase>

const StepId = z.string().min(1).max(400)

/** What the control plane starts for an automatic step; pool, storage and further wishes are chosen when it is started. */
export const SiteRestoreJob = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('restore-vm'),
    pointId: Ulid,
    vmUuid: XenUuid,
    vmName: NameLabel,
    poolUuid: XenUuid,
    /** How it has to come back to be what it was; others are refused by the step unless a reason is given. */
    identity: RestoreIdentity,
    start: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('restore-component'),
    pointId: Ulid,
    guestUuid: XenUuid,
    guestName: NameLabel,
    componentUuid: XenUuid,
    recipe: z.string().max(100),
  }),
  z.strictObject({
    kind: z.literal('rehearse-pool-restore'),
    pointId: Ulid,
    poolUuid: XenUuid,
    poolName: NameLabel,
  }),
])
export type SiteRestoreJob = z.infer<typeof SiteRestoreJob>

/** One step of bringing a site back. */
export const SiteRestoreStep = z.strictObject({
  id: StepId,
  phase: RestorePhase,
  role: SiteRole.optional(),
  /** `Restore the domain controller "DC01"` */
  title: z.string().min(1).max(500),
  /** What is done and why now, a sentence each; of a manual step exactly what a person does. */
  does: z.array(z.string().max(2_000)).min(1).max(50),
  /** `automatic`: a run is started and followed; `manual`: a person does it and says so. */
  kind: z.enum(['automatic', 'manual']),
  /** Steps that have to be done or skipped before. */
  after: z.array(StepId).max(10_000),
  job: SiteRestoreJob.optional(),
  /** What a person confirms before it begins (automatic) or when it is done (manual). */
  confirm: z.string().max(1_000).optional(),
  /** What can go wrong for good, a sentence each. */
  dangers: z.array(z.string().max(1_000)).max(20),
  /** It may be left out without a word: nothing of this site needs it. */
  optional: z.literal(true).optional(),
})
export type SiteRestoreStep = z.infer<typeof SiteRestoreStep>

/** How a site comes back from one of its points: steps in an order in which they can be done one after the other. */
export const SiteRestorePlan = z.strictObject({
  format: z.literal('site-restore-plan'),
  version: z.literal(1),
  site: z.string().max(200),
  /** What has to be known before the first step, a sentence each: what the point lacks, how far its members are apart. */
  notes: z.array(z.string().max(2_000)).max(500),
  steps: z.array(SiteRestoreStep).max(20_000),
})
export type SiteRestorePlan = z.infer<typeof SiteRestorePlan>
