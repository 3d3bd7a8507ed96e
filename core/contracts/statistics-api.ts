import { z } from 'zod'
import { Bytes, Instant } from './ids.ts'
import { RunView } from './runs-api.ts'

const Count = z.int().nonnegative()

/** A day in UTC: 2026-11-23 */
export const Day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'must be a day like 2026-11-23')

/** Runs of one kind that ended on a day. */
export const RunsOfDay = z.strictObject({
  succeeded: Count,
  warning: Count,
  failed: Count,
  cancelled: Count,
  /** From their beginning to their end, all together and the longest, in ms. */
  ms: Count,
  longestMs: Count,
})
export type RunsOfDay = z.infer<typeof RunsOfDay>

/** What was counted on one day; written in one piece with the end of each run. */
export const DayCounters = z.strictObject({
  runs: z.partialRecord(RunView.shape.kind, RunsOfDay),
  /** Recovery points that backups made, and what was read, new and stored for them. */
  points: Count,
  bytesRead: Bytes,
  bytesNew: Bytes,
  bytesStored: Bytes,
  /** What the collector of garbage freed. */
  bytesFreed: Bytes,
  /** What the store held, as the last verification of the day listed it. */
  repository: z.strictObject({ bytes: Bytes, at: Instant }).optional(),
})
export type DayCounters = z.infer<typeof DayCounters>

/** GET /v1/statistics?days=30: days in UTC, the last one is today */
export const StatisticsQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(730).optional(),
})
export const DayStatistics = DayCounters.extend({
  day: Day,
  /** So many times as much was read as was new; left out where nothing was new. */
  dedup: z.number().optional(),
  /** So many times as large as what was stored was what was new; left out where nothing was stored. */
  compression: z.number().optional(),
})
export type DayStatistics = z.infer<typeof DayStatistics>
export const StatisticsView = z.strictObject({
  /** The first day that was asked for, and the last. */
  from: Day,
  until: Day,
  /**
   * The first day that this catalog has counted, be it before `from`: of days before it nothing is known. Left out where it has counted nothing yet.
   * A catalog that was rebuilt from the repository counts anew.
   */
  countedSince: Day.optional(),
  /** Days on which something was counted, ascending; on others from `countedSince` on nothing ended. */
  days: z.array(DayStatistics).max(730),
})
export type StatisticsView = z.infer<typeof StatisticsView>
