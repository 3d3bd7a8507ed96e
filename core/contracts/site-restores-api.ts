import { z } from 'zod'
import { StepNumber } from './guest-jobs.ts'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { RestoreWishes } from './restore.ts'
import { PageQuery } from './runs-api.ts'
import { SiteRestoreStep } from './site-restore-plan.ts'

/**
 * How a step stands.
 * - `open`: nothing was done yet
 * - `waiting`: its run waits for approval
 * - `running`: its run goes on
 * - `action-required`: it has stopped where a person has to do the next step, as its line says; it goes on with `confirm`
 * - `done`: its run ended well, or a person says that it is done
 * - `failed`: its run did not end well
 * - `skipped`: a person left it out, and said why
 */
export const SiteStepState = z.enum([
  'open',
  'waiting',
  'running',
  'action-required',
  'done',
  'failed',
  'skipped',
])
export type SiteStepState = z.infer<typeof SiteStepState>

/** One step of a restore of a site, and what became of it. */
export const SiteStepView = SiteRestoreStep.extend({
  /** From 1, in the order of the plan: how commands name it. */
  number: z.int().positive(),
  state: SiteStepState,
  /** Numbers of steps that have to be done or skipped first; of many the first. Left out where it may begin, or has begun. */
  waitsFor: z.array(z.int().positive()).max(20).optional(),
  /** What happened to it, in order: by whom, when, and why. */
  log: z
    .array(z.strictObject({ at: Instant, by: z.string().max(200), text: z.string().max(1_000) }))
    .max(100),
  /** Its newest run, where it has one, and how that stands in a line. */
  runId: Ulid.optional(),
  line: z.string().max(1_000).optional(),
})
export type SiteStepView = z.infer<typeof SiteStepView>

/** A restore of a site. */
export const SiteRestoreView = z.strictObject({
  restoreId: Ulid,
  siteId: Ulid,
  siteName: NameLabel,
  pointId: Ulid,
  /** When the newest member of the point was taken. */
  taken: Instant,
  started: Instant,
  startedBy: z.string().max(200),
  /** `ended`: a person ended it with steps that are neither done nor skipped. */
  state: z.enum(['open', 'done', 'ended']),
  ended: z
    .strictObject({ at: Instant, by: z.string().max(200), because: z.string().max(500).optional() })
    .optional(),
  /** What has to be known before the first step, a sentence each. */
  notes: z.array(z.string().max(2_000)).max(500),
  steps: z.record(SiteStepState, z.int().nonnegative()),
  /** One sentence: what is done, what comes next and whether a person has to do it. */
  line: z.string().max(1_000),
})
export type SiteRestoreView = z.infer<typeof SiteRestoreView>

/** POST /v1/site-restores: takes the plan of a site point; nothing is restored before a step is started */
export const StartSiteRestoreRequest = z.strictObject({ pointId: Ulid })
export const StartSiteRestoreReply = z.strictObject({ restoreId: Ulid })

/** GET /v1/site-restores, newest first */
export const ListSiteRestoresQuery = PageQuery
export const ListSiteRestoresReply = z.strictObject({
  items: z.array(SiteRestoreView),
  next: z.string().optional(),
})

/** GET /v1/site-restores/{restoreId}: the steps are paged in their order; `restore` tells of all of them on each page */
export const GetSiteRestoreReply = z.strictObject({
  restore: SiteRestoreView,
  steps: z.array(SiteStepView).max(1_000),
  next: z.string().optional(),
})
export type GetSiteRestoreReply = z.infer<typeof GetSiteRestoreReply>

/**
 * POST /v1/site-restores/{restoreId}/steps.
 * - `start`: have an automatic step done, by a run; steps before it have to be done or skipped
 * - `confirm`: a person did it; of a component whose restore waits for a person, that part of it, and the rest is started
 * - `skip`: it is left out
 * - `again`: what was done, failed or left out is open again
 */
export const SiteStepRequest = z.strictObject({
  step: z.int().positive(),
  command: z.enum(['start', 'confirm', 'skip', 'again']),
  /** Asked for with `skip`, where the plan does not say that nothing needs the step; with `confirm` of an automatic step; and with another identity than the step's. */
  because: z.string().trim().min(1).max(500).optional(),
  /** Of `start`, of a VM: where it goes, and how. That of the step unless told. */
  restore: z
    .strictObject({
      poolUuid: XenUuid.optional(),
      srUuid: XenUuid.optional(),
      newName: NameLabel.optional(),
      start: z.boolean().optional(),
      wishes: RestoreWishes.optional(),
    })
    .optional(),
  /** Of `start`, of a component whose restore stopped: the step of its recipe that it goes on with. */
  from: StepNumber.optional(),
  /** Of `start`: rules of restores that are set aside, each with its reason. */
  overrides: z
    .array(
      z.strictObject({ rule: z.string().min(1).max(100), because: z.string().min(1).max(500) }),
    )
    .max(20)
    .optional(),
})
export const SiteStepReply = z.strictObject({
  step: z.int().positive(),
  state: SiteStepState,
  /** Of `start`, and of `confirm` where that started the rest. */
  runId: Ulid.optional(),
})

/** POST /v1/site-restores/{restoreId}/end: no step of it is begun any more; what runs goes on */
export const EndSiteRestoreRequest = z.strictObject({
  because: z.string().trim().min(1).max(500).optional(),
})
export const EndSiteRestoreReply = z.strictObject({ restoreId: Ulid })
