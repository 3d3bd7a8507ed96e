import { z } from 'zod'
import { Bytes, Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { UnusualChange } from './points.ts'
import { Problem } from './problem.ts'

/** What somebody can ask to be told of. */
export const EventKind = z.enum([
  'run-succeeded',
  'run-warning',
  'run-failed',
  'schedule-missed',
  'gateway-silent',
  'vm-unprotected',
  'damage-found',
  'unusual-change',
  'restore-approval-asked',
  'region-taken-over',
])
export type EventKind = z.infer<typeof EventKind>

/** How bad it is. */
export const Severity = z.enum(['info', 'warning', 'error', 'critical'])
export type Severity = z.infer<typeof Severity>

/**
 * Who hears of what. A policy has rules for its own runs and schedules, the settings have some for everything. Whoever hears that
 * something fails also hears when it works again.
 */
export const NotifyRule = z.strictObject({
  events: z.array(EventKind).min(1).max(EventKind.options.length),
  channelIds: z.array(Ulid).min(1).max(20),
})
export type NotifyRule = z.infer<typeof NotifyRule>

/** One sentence that stands in a message. */
const Sentence = z.string().max(2_000)

/** How many members of a run, or VMs, a message names; of the others it tells how many they are. */
export const NAMED_AT_MOST = 20

const count = z.int().nonnegative()

/** How a run ended. */
const RunFacts = z.strictObject({
  runId: Ulid,
  /** Kind of the run: `backup`, `restore` … */
  runKind: z.string().max(50),
  policyId: Ulid.optional(),
  policyName: NameLabel.optional(),
  /** Which VMs, in words. */
  title: z.string().max(500),
  started: Instant,
  ended: Instant,
  line: z.string().max(1_000),
  /** It has ended where a person has to do the next step. */
  actionRequired: z.literal(true).optional(),
  counts: z.strictObject({ good: count, failed: count, skipped: count, cancelled: count }),
  /** What went wrong, member by member. */
  troubles: z
    .array(z.strictObject({ name: NameLabel, problem: Problem.optional(), line: Sentence }))
    .max(NAMED_AT_MOST),
  /** Where several members failed: of all of them, why, the most frequent first; with the words of the first. */
  causes: z
    .array(
      z.strictObject({ code: z.string().max(100), count, message: Sentence, advice: Sentence }),
    )
    .max(NAMED_AT_MOST)
    .optional(),
  /** Where the run itself failed. */
  problem: Problem.optional(),
})
export type RunFacts = z.infer<typeof RunFacts>

/** One run in the daily report. */
const ReportedRun = z.strictObject({
  runId: Ulid,
  runKind: z.string().max(50),
  title: z.string().max(500),
  state: z.string().max(20),
  ended: Instant.optional(),
  line: z.string().max(1_000),
})

const UnprotectedVm = z.strictObject({ vmUuid: XenUuid, name: NameLabel, poolName: NameLabel })

/** All facts of a day; also of one on which nothing ran. */
export const DailyFacts = z.strictObject({
  /** What the report covers. */
  from: Instant,
  until: Instant,
  /** IANA name: the zone that the times are told in. */
  timeZone: z.string().max(100),
  runs: z.strictObject({
    succeeded: count,
    warning: count,
    failed: count,
    cancelled: count,
    open: count,
  }),
  /** Those that did not end well, newest first. */
  troubled: z.array(ReportedRun).max(NAMED_AT_MOST),
  missed: z
    .array(z.strictObject({ policyName: NameLabel, due: Instant, why: Sentence }))
    .max(NAMED_AT_MOST),
  missedTotal: count,
  vms: z.strictObject({ known: count, unprotected: count }),
  unprotected: z.array(UnprotectedVm).max(NAMED_AT_MOST),
  /** Of the points made in that time. */
  points: z.strictObject({
    made: count,
    /** Size of their disks. */
    bytesOfDisks: Bytes,
    bytesRead: Bytes,
    /** What the store grew by. */
    bytesStored: Bytes,
    /** Only the newest so many points were looked at, as there are more: `made` is at least that many. */
    counted: count.optional(),
  }),
  /** All points that there are and what they added to the store; left out where they are too many to be counted for a message. */
  store: z.strictObject({ points: count, bytesStored: Bytes, bytesOfDisks: Bytes }).optional(),
  /** The VM that a policy takes whose newest point is oldest. */
  oldestPoint: z.strictObject({ name: NameLabel, taken: Instant }).optional(),
  /** VMs that a policy takes, longest without a point first; `taken`: their newest one. */
  ages: z
    .array(z.strictObject({ name: NameLabel, taken: Instant.optional() }))
    .max(NAMED_AT_MOST)
    .optional(),
  /** VMs that a policy takes and that have no point yet. */
  pointless: count.optional(),
  /** Left out while there are no points. */
  verification: z
    .strictObject({
      last: Instant.optional(),
      packs: count.optional(),
      /** Packs that were never read in full. */
      neverRead: count.optional(),
      overdue: z.boolean(),
      damages: count.optional(),
      /** Points of which all was read back within `days`, and those that are overdue for it, as of the last verification that told (`at`). */
      points: z
        .strictObject({ days: count, whole: count, overdue: count, at: Instant.optional() })
        .optional(),
    })
    .optional(),
  /** Points whose lock ends within a week. */
  locks: z
    .strictObject({
      total: count,
      named: z.array(z.strictObject({ name: NameLabel, until: Instant })).max(NAMED_AT_MOST),
    })
    .optional(),
  /** Of points that a boot check was made of: the newest of all. */
  newestCheck: z.strictObject({ name: NameLabel, at: Instant, sentence: Sentence }).optional(),
  next: z.array(z.strictObject({ policyName: NameLabel, at: Instant })).max(NAMED_AT_MOST),
  gateways: z
    .array(z.strictObject({ name: NameLabel, lastSeen: Instant.optional(), silent: z.boolean() }))
    .max(100),
  /** Channels that do not get through. */
  channels: z.array(z.strictObject({ name: NameLabel, since: Instant, error: Sentence })).max(50),
})
export type DailyFacts = z.infer<typeof DailyFacts>

/** Of every event. */
const Told = { eventId: Ulid, at: Instant }

/**
 * Something that happened, as ids and facts; the words are made when it is told. Written once and read for as long as messages are kept, also
 * by later versions: new members are optional.
 */
export const NotificationEvent = z.discriminatedUnion('kind', [
  RunFacts.extend({ ...Told, kind: z.literal('run-succeeded') }),
  RunFacts.extend({ ...Told, kind: z.literal('run-warning') }),
  RunFacts.extend({ ...Told, kind: z.literal('run-failed') }),
  z.strictObject({
    ...Told,
    kind: z.literal('schedule-missed'),
    /** Left out: the maintenance of the repository. */
    policyId: Ulid.optional(),
    policyName: NameLabel,
    /** Its run begins all the same, or as soon as it can. */
    late: z.boolean().optional(),
    /** When it should have begun. */
    due: Instant,
    why: Problem,
  }),
  z.strictObject({
    ...Told,
    kind: z.literal('gateway-silent'),
    gatewayId: Ulid,
    name: NameLabel,
    lastSeen: Instant.optional(),
    /** Names of its pools. */
    pools: z.array(NameLabel).max(100),
  }),
  z.strictObject({
    ...Told,
    kind: z.literal('gateway-back'),
    gatewayId: Ulid,
    name: NameLabel,
    silentSince: Instant,
    /** Since when it calls again; it is told a while later, when it stayed. */
    backSince: Instant.optional(),
  }),
  z.strictObject({
    ...Told,
    kind: z.literal('vm-unprotected'),
    /** Those that were not told of before. */
    vms: z.array(UnprotectedVm).min(1).max(NAMED_AT_MOST),
    total: count,
  }),
  z.strictObject({
    ...Told,
    kind: z.literal('damage-found'),
    /** What looked: `verification`, `restore`, `garbage collection` … */
    during: z.string().max(100),
    policyId: Ulid.optional(),
    runId: Ulid.optional(),
    findings: z.array(Sentence).min(1).max(NAMED_AT_MOST),
    total: count,
    /** Recovery points that cannot be restored in full. */
    points: z
      .array(z.strictObject({ pointId: Ulid, name: NameLabel, taken: Instant.optional() }))
      .max(NAMED_AT_MOST),
    /** Where they are more than are named. */
    pointsTotal: count.optional(),
  }),
  UnusualChange.extend({
    ...Told,
    kind: z.literal('unusual-change'),
    vmUuid: XenUuid,
    name: NameLabel,
    pointId: Ulid,
    taken: Instant,
    policyId: Ulid.optional(),
  }),
  z.strictObject({
    ...Told,
    kind: z.literal('restore-approval-asked'),
    approvalId: Ulid,
    runId: Ulid.optional(),
    /** A look at files; a restore unless told. */
    asksFor: z.literal('files').optional(),
    askedBy: z.string().max(500),
    /** What is to be restored, and over what. */
    title: z.string().max(500),
    validUntil: Instant.optional(),
  }),
  z.strictObject({
    ...Told,
    kind: z.literal('region-taken-over'),
    epoch: z.int().positive(),
    from: z.string().max(200),
    to: z.string().max(200),
    /** Who did it. */
    by: z.string().max(500),
    why: Sentence.optional(),
  }),
  DailyFacts.extend({
    ...Told,
    kind: z.literal('daily-report'),
    channelIds: z.array(Ulid).min(1).max(400),
  }),
  /** Somebody pressed the test button of a channel. */
  z.strictObject({
    ...Told,
    kind: z.literal('channel-test'),
    channelIds: z.array(Ulid).length(1),
    by: z.string().max(500),
  }),
  /** What a channel was not told one by one, because it would have been too much. */
  z.strictObject({
    ...Told,
    kind: z.literal('summary'),
    channelIds: z.array(Ulid).length(1),
    from: Instant,
    held: z.record(z.string().max(50), count),
    /** The first of them: kind of the event, and whom it is about. */
    named: z
      .array(z.strictObject({ kind: z.string().max(50), name: NameLabel }))
      .max(NAMED_AT_MOST)
      .optional(),
  }),
])
export type NotificationEvent = z.infer<typeof NotificationEvent>
