import { z } from 'zod'
import { Instant, NameLabel, XenUuid } from './ids.ts'
import { Fallback, Method } from './methods.ts'
import { RecipeParameter } from './site.ts'
import { SiteRole } from './site-roles.ts'

/**
 * The order in which a site is saved. `logical`: exports and databases; `state`: what servers keep of themselves (directory, licences, stores); `machines`: VMs and
 * templates; `pools`: what pools and hosts know of themselves, which waits for nothing.
 */
export const SiteStage = z.enum(['logical', 'state', 'machines', 'pools'])
export type SiteStage = z.infer<typeof SiteStage>

/** The same for the same site, whatever order things are told in: `vm:<uuid>`, `component:<guest>:<recipe>:<instance>` … */
const TaskId = z.string().min(1).max(400)

const task = {
  id: TaskId,
  stage: SiteStage,
  /** Of one server all roles that it has. */
  roles: z.array(SiteRole).min(1).max(13),
  /** `Back up "DDC01" (Delivery Controller)` */
  title: z.string().min(1).max(500),
  /** What is done, how, and why so: a sentence each. */
  does: z.array(z.string().max(1_000)).min(1).max(20),
  /** Places in `components` of the definition, from 0, that it answers for. */
  covers: z.array(z.int().nonnegative()).min(1).max(500),
  /** Begins when these have ended, however they ended. */
  after: z.array(TaskId).max(10_000),
  /** Of tasks that share one of these, never two are under way: servers that stand in for each other. `after` sees to it. */
  apart: z.array(z.string().max(400)).max(100).optional(),
}

/** Which guest is held still for a snapshot, and for how long at most. */
export const SiteFreeze = z.strictObject({
  guestUuid: XenUuid,
  guestName: NameLabel,
  seconds: z.int().min(1).max(600).optional(),
})

/** One thing to save: becomes one job. */
export const SiteTask = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('vm'),
    ...task,
    poolUuid: XenUuid,
    vmUuid: XenUuid,
    vmName: NameLabel,
    method: Method,
    fallback: Fallback.optional(),
    freezeWith: SiteFreeze.optional(),
    /** Disks that the gateway leaves out, each with its reason. */
    leavesOut: z
      .array(z.strictObject({ userdevice: z.string().max(10), reason: z.string().max(500) }))
      .max(255)
      .optional(),
    /** Machine Creation Services made it: a restore has rules of its own. */
    mcs: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('component'),
    ...task,
    guestUuid: XenUuid,
    guestName: NameLabel,
    vmUuid: XenUuid.optional(),
    recipe: z.string().max(100),
    instance: z.string().max(200).optional(),
    parameters: z.record(z.string(), RecipeParameter).optional(),
  }),
  z.strictObject({
    kind: z.literal('template'),
    ...task,
    poolUuid: XenUuid,
    vmUuid: XenUuid,
    vmName: NameLabel,
  }),
  z.strictObject({
    kind: z.literal('pool-metadata'),
    ...task,
    poolUuid: XenUuid,
    poolName: NameLabel,
  }),
  z.strictObject({
    kind: z.literal('host'),
    ...task,
    poolUuid: XenUuid,
    hostUuid: XenUuid,
    hostName: NameLabel,
  }),
])
export type SiteTask = z.infer<typeof SiteTask>

/** Why something is not saved. `discarded`, `excluded`, `elsewhere`: as it is meant to be; the others are gaps. */
export const SiteSkipCode = z.enum([
  'discarded',
  'excluded',
  'elsewhere',
  'missing',
  'ambiguous',
  'nothing-fits',
  'standby',
  'no-recipe',
  'not-allowed',
  'guest-silent',
])
export type SiteSkipCode = z.infer<typeof SiteSkipCode>

/** What is not saved: `23 pooled desktops not backed up: content is discarded at logoff.` */
export const SiteSkip = z.strictObject({
  code: SiteSkipCode,
  roles: z.array(SiteRole).min(1).max(13),
  /** What it is, in words: `23 pooled desktops`, `the SQL Server "SQL01"`. */
  what: z.string().min(1).max(500),
  /** One or two sentences: what was decided and why, and what to do if it is wrong. */
  reason: z.string().min(1).max(1_000),
  /** How many things it stands for. */
  count: z.int().nonnegative(),
  /** Some of their names, sorted. */
  names: z.array(NameLabel).max(20),
  /** UUIDs of all VMs that it stands for, sorted: a list can tell of each. */
  vmUuids: z.array(XenUuid).max(10_000).optional(),
  covers: z.array(z.int().nonnegative()).min(1).max(500),
  /** It should have been saved: the point of the site is partial. */
  gap: z.boolean(),
})
export type SiteSkip = z.infer<typeof SiteSkip>

/** Something that an administrator has to know of a site. `error`: a part is not protected, or its point could not be used. */
export const SiteProblem = z.strictObject({
  code: z
    .string()
    .regex(/^SITE_[A-Z0-9_]+$/)
    .max(80),
  level: z.enum(['error', 'warning', 'note']),
  text: z.string().min(1).max(1_000),
  advice: z.string().min(1).max(1_000),
  covers: z.array(z.int().nonnegative()).max(500).optional(),
})
export type SiteProblem = z.infer<typeof SiteProblem>

/** What controllers and domain controllers said of the site when the run was planned: a restore has to know it. */
export const SiteAbout = z.strictObject({
  databases: z
    .array(
      z.strictObject({
        kind: z.enum(['site', 'logging', 'monitoring']),
        server: z.string().max(500),
        database: z.string().max(500),
      }),
    )
    .max(20),
  licenseServer: z.string().max(500).optional(),
  /** For so many days a backup of a domain controller is of use; the shortest of all domains. */
  tombstoneDays: z.int().min(2).max(36_500).optional(),
  catalogs: z
    .array(
      z.strictObject({
        name: z.string().max(500),
        provisioning: z.enum(['MCS', 'PVS', 'Manual']),
        content: z.enum(['discarded', 'kept', 'unknown']),
        machines: z.int().nonnegative(),
        /** Delivery groups that its machines are in. */
        groups: z.array(z.string().max(500)).max(100).optional(),
        image: z.string().max(500).optional(),
        snapshot: z.string().max(500).optional(),
      }),
    )
    .max(2_000),
})
export type SiteAbout = z.infer<typeof SiteAbout>

/** What a run of a site does: its tasks in the order in which they should be queued, what is left out, what is wrong. */
export const SiteGraph = z.strictObject({
  /** When it was made of what was known then. */
  at: Instant,
  tasks: z.array(SiteTask).max(10_000),
  skips: z.array(SiteSkip).max(1_000),
  problems: z.array(SiteProblem).max(1_000),
  /** Left out where nobody could be asked. */
  about: SiteAbout.optional(),
})
export type SiteGraph = z.infer<typeof SiteGraph>
