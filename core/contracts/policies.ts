import { z } from 'zod'
import { Hooks } from './hooks.ts'
import { Bytes, Instant, Ulid, XenUuid } from './ids.ts'
import { WireCompression } from './jobs.ts'
import { MethodChoice, WhenOneFails } from './methods.ts'
import { NotifyRule } from './notifications.ts'
import { LockPolicy } from './points.ts'
import { RunPrograms } from './run-programs.ts'

/** Whole text, `*` for any characters, `?` for one, `\` before a character that means itself; capitals do not matter. */
const NamePattern = z.string().min(1).max(200)

/** `Europe/Vienna`, `UTC`: a name of the IANA time zone database. */
const TimeZone = z.string().min(1).max(64)

/**
 * Which VMs: those for which every member that is given holds; of the values of one member any is enough. At least one member is given.
 */
export const Selector = z
  .strictObject({
    /** Every VM of every pool but standbys of replication. */
    all: z.literal(true).optional(),
    /** In one of these pools: UUIDs or exact names. */
    pools: z.array(z.string().min(1).max(1_000)).min(1).max(100).optional(),
    /** Bears one of these tags, exactly so. */
    tags: z.array(z.string().min(1).max(255)).min(1).max(100).optional(),
    /** Its name fits one of these patterns. */
    names: z.array(NamePattern).min(1).max(100).optional(),
    /** One of just these. The only way to have a standby of replication backed up. */
    vms: z.array(XenUuid).min(1).max(2_000).optional(),
    powerStates: z
      .array(z.enum(['Halted', 'Paused', 'Running', 'Suspended']))
      .min(1)
      .optional(),
    /** All its disks together, in bytes. */
    sizeAtLeast: Bytes.optional(),
    sizeAtMost: Bytes.optional(),
    /** No enabled policy protects it by a selector without this member. */
    unprotected: z.literal(true).optional(),
    /** Of a XenDesktop site, by id or name, all that its definition protects, in its order, as one site point. Stands alone in a selection. */
    site: z.string().min(1).max(200).optional(),
  })
  .refine(selector => Object.values(selector).some(value => value !== undefined), {
    message: 'says nothing; "all": true takes every VM',
  })
export type Selector = z.infer<typeof Selector>

/** The VMs of a policy, found anew at each run: those that some selector of `include` takes and none of `exclude`. */
export const Selection = z.strictObject({
  include: z.array(Selector).min(1).max(20),
  exclude: z.array(Selector).max(20).default([]),
})
export type Selection = z.infer<typeof Selection>

/** Disks that are left out, beside those whose name says `[NOBAK]`, which no policy ever takes. Every member that is given must hold. */
export const DiskRule = z
  .strictObject({
    /** The name of the disk fits one of these patterns. */
    names: z.array(NamePattern).min(1).max(100).optional(),
    /** VBD.userdevice */
    userdevices: z
      .array(z.string().regex(/^\d{1,3}$/))
      .min(1)
      .max(255)
      .optional(),
    sizeAtLeast: Bytes.optional(),
    /** Only of VMs whose name fits one of these patterns. */
    ofVms: z.array(NamePattern).min(1).max(100).optional(),
  })
  .refine(({ names, userdevices, sizeAtLeast }) => names || userdevices || sizeAtLeast, {
    message: 'says nothing of disks: give names, userdevices or sizeAtLeast',
  })
export type DiskRule = z.infer<typeof DiskRule>

/** When a policy runs by itself. */
export const Schedule = z.strictObject({
  /** Five fields: minute, hour, day of the month, month, day of the week (docs/policies.md). */
  cron: z.string().min(9).max(200),
  timeZone: TimeZone,
  /** A time at which the control plane was down: run once when it is back, or leave it out. It is told either way. */
  ifMissed: z.enum(['run', 'skip']).default('run'),
  /** How late such a run may begin; later it is left out. */
  withinHours: z.int().min(1).max(168).default(12),
})
export type Schedule = z.infer<typeof Schedule>

const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 22:00')

/**
 * When backups may begin: from one time of the day to another, over midnight where `to` is the earlier. What has begun goes on after its end; what has not is
 * left out and told. A run that a person starts is not bound to it.
 */
export const Window = z.strictObject({ from: ClockTime, to: ClockTime, timeZone: TimeZone })
export type Window = z.infer<typeof Window>

/** Runs when each run of another policy has ended: `succeeded`, also with warnings; or `any`, also when it failed, but not when it was cancelled. */
export const After = z.strictObject({ policyId: Ulid, when: z.enum(['succeeded', 'any']) })
export type After = z.infer<typeof After>

const Count = z.int().min(1).max(10_000)

/**
 * How long points of a policy are kept: a point that no rule keeps expires. Periods are those of the calendar in `timeZone`; each that has points is stood for
 * by its newest, and periods without points do not count, so that an outage uses up nothing.
 */
export const Retention = z
  .strictObject({
    /** The newest so many. */
    last: Count.optional(),
    /** One for each of so many hours, days, weeks (from Monday), months, years. */
    hourly: Count.optional(),
    daily: Count.optional(),
    weekly: Count.optional(),
    monthly: Count.optional(),
    yearly: Count.optional(),
    /** All that are younger than so many days of 24 hours. */
    days: z.int().min(1).max(36_500).optional(),
    /** Nothing expires. */
    forever: z.literal(true).optional(),
    /** The newest so many of each VM stay, whatever the rules say; there is always one. */
    atLeast: Count.default(1),
    /** That of the schedule unless told, else UTC. */
    timeZone: TimeZone.optional(),
  })
  .refine(({ atLeast: _, timeZone: _zone, ...rules }) => Object.keys(rules).length > 0, {
    message: 'has no rule; "forever": true keeps everything',
  })
export type Retention = z.infer<typeof Retention>

/** A policy as people write it: which VMs, how, when, how long kept, who is told. */
export const PolicyInput = z.strictObject({
  /** Unique; capitals do not matter. */
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).optional(),
  /** A disabled policy runs only when a person starts it; its points expire as before. */
  enabled: z.boolean().default(true),
  /** No run by schedule, or after another policy, before then. */
  pausedUntil: Instant.optional(),
  selection: Selection,
  ...MethodChoice.shape,
  method: MethodChoice.shape.method.default('normal'),
  /** Takes all snapshots of a run together, before any transfer: at most 64 VMs of one pool. */
  together: z.strictObject({ whenOneFails: WhenOneFails }).optional(),
  /** For slow links: how hosts compress disks that have to be read in full. */
  wire: WireCompression.optional(),
  excludeDisks: z.array(DiskRule).max(50).default([]),
  /** Left out, as `after`: runs only when a person starts it. Never both. */
  schedule: Schedule.optional(),
  window: Window.optional(),
  after: After.optional(),
  retention: Retention,
  /** Locks the points that come of it. */
  lock: LockPolicy.optional(),
  /** Never with `together`, where one job takes the snapshots of all. */
  hooks: Hooks.optional(),
  /** Programs around a whole run. */
  runHooks: RunPrograms.optional(),
  limits: z
    .strictObject({
      /** Backups of this policy that are under way at once in one pool. How fast they read is a matter of the gateway's bandwidth plan. */
      jobsAtOnce: z.int().min(1).max(64).optional(),
    })
    .optional(),
  notify: z.array(NotifyRule).max(50).default([]),
})
export type PolicyInput = z.output<typeof PolicyInput>

export const Policy = PolicyInput.extend({ policyId: Ulid })
export type Policy = z.output<typeof Policy>
