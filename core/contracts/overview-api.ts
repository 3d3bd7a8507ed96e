import { z } from 'zod'
import { Instant, NameLabel, Ulid } from './ids.ts'

const Count = z.int().nonnegative()
const Sentence = z.string().max(2_000)

/** How well something stands: `info`: nothing is wrong, and there is something to know. */
export const Standing = z.enum(['good', 'info', 'warning', 'bad'])
export type Standing = z.infer<typeof Standing>

/** The answer to a question that people ask each morning. */
export const Answer = z.strictObject({ standing: Standing, text: Sentence })
export type Answer = z.infer<typeof Answer>

/** Where there is more about a problem, or something to do about it. Clients make an address or a command of it. */
export const Place = z.strictObject({
  to: z.enum([
    'run',
    'policy',
    'policies',
    'vms',
    'unprotected-vms',
    'unusual-vms',
    'gateways',
    'repository',
    'notifications',
    'replica',
    'region',
  ]),
  /** Of the run, the policy or the standby. */
  id: Ulid.optional(),
})
export type Place = z.infer<typeof Place>

/** What is wrong, or waits for somebody. */
export const OpenProblem = z.strictObject({
  kind: z.enum([
    'region-stands-by',
    'run-failed',
    'run-warning',
    'schedule-missed',
    'gateway-missing',
    'gateway-silent',
    'gateway-version',
    'gateway-clock',
    'gateway-programs',
    'pool-unreachable',
    'vms-unprotected',
    'damage',
    'verification-overdue',
    'maintenance',
    'second-copy',
    'channel-failing',
    'lock-ended',
    'lock-ending',
    'approval-waiting',
    'unusual-change',
    'standby-behind',
  ]),
  standing: Standing.extract(['info', 'warning', 'bad']),
  text: Sentence,
  since: Instant.optional(),
  /** What to do next, where that is known. */
  advice: Sentence.optional(),
  go: Place,
})
export type OpenProblem = z.infer<typeof OpenProblem>

/** How many problems are told one by one. */
export const PROBLEMS_TOLD = 50

/** GET /v1/overview: how everything stands, in one answer whose cost does not grow with what was ever backed up */
export const OverviewView = z.strictObject({
  at: Instant,
  /** Is everything protected, what failed, is it locked, is it restorable, what will it cost. */
  answers: z.strictObject({
    protected: Answer,
    failed: Answer,
    locked: Answer,
    restorable: Answer,
    cost: Answer,
  }),
  vms: z.strictObject({
    /** Standbys of replication are no members of it. */
    known: Count,
    protected: Count,
    unprotected: Count,
    /** Pooled desktops: no policy takes them, since nothing of them lasts. */
    discarded: Count,
    standby: Count,
    /** When they were counted: of thousands that is not done at each call. */
    asOf: Instant,
  }),
  /** Runs that began in the 24 hours before, by how they stand now. */
  runs: z.strictObject({
    from: Instant,
    running: Count,
    waiting: Count,
    succeeded: Count,
    warning: Count,
    failed: Count,
    cancelled: Count,
    /** There were more: only the newest are counted. */
    more: z.boolean(),
  }),
  /** The next time of each policy, soonest first. */
  next: z.array(z.strictObject({ policyId: Ulid, policyName: NameLabel, at: Instant })).max(20),
  /** The worst first. */
  problems: z.array(OpenProblem).max(PROBLEMS_TOLD),
  /** How many more there are. */
  moreProblems: Count,
})
export type OverviewView = z.infer<typeof OverviewView>
