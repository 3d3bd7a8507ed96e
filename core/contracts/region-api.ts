import { z } from 'zod'
import { Instant } from './ids.ts'

/** `eu-central-1` */
export const RegionName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a name like eu-central-1')

export const RegionReply = z.object({
  /** The region that answers. */
  here: RegionName,
  active: RegionName,
  /** How often somebody took over. */
  epoch: z.int().min(0),
  standingBy: z.boolean(),
  others: z.array(RegionName),
  /** Of the last take-over. */
  since: Instant.optional(),
  by: z.string().optional(),
  former: RegionName.optional(),
  why: z.string().optional(),
  /** It was away, and looks first whether somebody has taken over meanwhile. */
  listens: z.boolean().optional(),
  /** A higher epoch that gateways have come with, and that is unknown here. */
  heard: z.int().min(0).optional(),
  /** Of each other region: when it wrote the last sign of life that came here. */
  lastWords: z.record(RegionName, Instant).optional(),
  /** Open runs of before the last take-over that nobody has gone on with yet. */
  left: z.int().min(0).optional(),
  line: z.string(),
})
export type RegionReply = z.infer<typeof RegionReply>

export const TakeOverRequest = z.strictObject({
  /** The name of the region that answers, and is to be active: typed by whoever does this. */
  confirm: z.string().max(40),
  why: z.string().max(500).optional(),
})

export const TakeOverReply = RegionReply.extend({
  /** Open runs that go on here. */
  goingOn: z.int().min(0),
  /** Open runs that the call had no time for: they go on within minutes. */
  left: z.int().min(0).default(0),
})
