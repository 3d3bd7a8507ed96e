import { z } from 'zod'
import { HoldLockState } from './held-locks.ts'
import { Bytes, Instant, NameLabel, RepositoryId, Ulid } from './ids.ts'
import { CollectionReport, ReadBack, VerificationReport, VerificationWish } from './maintenance.ts'
import { ReplicaView } from './replicated-points.ts'
import { Day } from './statistics-api.ts'

const Count = z.int().nonnegative()

/** Days that a calendar of locks names; later ones are counted with the last. */
export const LOCK_DAYS = 1_000

/** When the repository is looked after by itself: once a day. */
export const MaintenanceSchedule = z.strictObject({
  enabled: z.boolean(),
  /** Time of the day, from which on it is due. */
  at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 03:00'),
  /** IANA name. */
  timeZone: z.string().min(1).max(64),
  verification: VerificationWish.optional(),
})
export type MaintenanceSchedule = z.output<typeof MaintenanceSchedule>

/** PUT /v1/repository/schedule */
export const PutMaintenanceScheduleReply = z.strictObject({ schedule: MaintenanceSchedule })

/** GET /v1/repository: what there is, how much of it was ever looked at, and what takes care of it */
export const RepositoryView = z.strictObject({
  /** Left out before any gateway told of it. */
  repositoryId: RepositoryId.optional(),
  address: z.string().max(1_000),
  points: z.strictObject({
    count: Count,
    /** There are more than were counted. */
    more: z.boolean(),
    vms: Count,
    /** Sizes of all their disks: what they would take one by one. */
    bytesOfDisks: Bytes,
    /** What the store grew by when they were made. */
    bytesStored: Bytes,
    oldest: Instant.optional(),
    newest: Instant.optional(),
  }),
  /**
   * Until when points are locked, as the store showed it when each was made: how many, and what was written for them, by the day (in UTC) on which their lock ends.
   * Of the points that were counted. Left out by older control planes.
   */
  locks: z
    .strictObject({
      days: z.array(z.strictObject({ day: Day, points: Count, bytes: Bytes })).max(LOCK_DAYS),
      /** Their lock has ended, or the store showed none. */
      unlocked: Count,
      /** The store was not asked, or did not answer. */
      untold: Count,
    })
    .optional(),
  /** What the store held when it was looked at last; `bytesOfDisks` of the points is so many times as much. */
  stored: z.strictObject({ bytes: Bytes, at: Instant, ratio: z.number().optional() }).optional(),
  /** Legal holds in force. */
  holds: Count,
  /** How many of them are locked in the store, and how many are not. */
  holdLocks: z.record(HoldLockState, Count).optional(),
  /** What the last run that removes expired points set out to remove, and what it left for the next. */
  retention: z.strictObject({ runId: Ulid, at: Instant, points: Count, left: Count }).optional(),
  collection: z.strictObject({ runId: Ulid, report: CollectionReport }).optional(),
  verification: z.strictObject({ runId: Ulid, report: VerificationReport }).optional(),
  /** Of which points all was read back lately, when that was looked at last. */
  readBack: ReadBack.omit({ named: true }).extend({ at: Instant }).optional(),
  schedule: MaintenanceSchedule.extend({
    /** When it began last by itself. */
    last: Instant.optional(),
    /** Why it did not begin when it was due, one sentence. */
    trouble: z.string().max(1_000).optional(),
  }),
  /** The second copy; left out where no gateway told of one. */
  replica: ReplicaView.optional(),
  /** Names of the gateways that may do it; the keeper is the one that does. */
  gateways: z.array(z.strictObject({ name: NameLabel, keeper: z.boolean() })).max(100),
})
export type RepositoryView = z.infer<typeof RepositoryView>
