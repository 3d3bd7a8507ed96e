import { z } from 'zod'
import { GatewayAbout } from './gateway-about.ts'
import { Bytes, Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { Standing } from './overview-api.ts'
import { GatewayView } from './runs-api.ts'

/** Days that are alike in a bandwidth plan, and what may flow on them, in words: `08:00 to 18:00 8MB/s, else as much as goes`. */
export const BandwidthDays = z.strictObject({
  days: z.string().max(50),
  toRepository: z.string().max(10_000),
  fromXenServer: z.string().max(10_000),
})
export type BandwidthDays = z.infer<typeof BandwidthDays>

/** In words, as the plan has it; without a number nothing is held back. */
const AllowedNow = z.strictObject({
  text: z.string().max(100),
  bytesPerSecond: Bytes.optional(),
})

/** A pool that a gateway serves. */
const ServedPool = z.strictObject({
  uuid: XenUuid,
  name: NameLabel,
  /** Whether it answered the gateway when that called last. */
  reached: z.boolean(),
  /** Who gets its jobs now; left out where nobody does. */
  keeper: z.strictObject({ gatewayId: Ulid, name: NameLabel }).optional(),
  /** When its inventory was told last, by whoever. */
  told: Instant.optional(),
})

/** A job that a gateway works on. */
const JobInHand = z.strictObject({
  jobId: Ulid,
  runId: Ulid,
  kind: z.string().max(50),
  /** A name, or what is done with the repository. */
  subject: z.string().max(1_000),
  /** How far it is, in words. */
  line: z.string().max(1_000),
})

/** GET /v1/gateways/{gatewayId}; also of one that was revoked */
export const GatewayDetail = GatewayView.extend({
  revokedAt: Instant.optional(),
  /** What it tells of itself, and since when it tells just that; gateways of before do not tell. */
  about: GatewayAbout.optional(),
  aboutSince: Instant.optional(),
  /** Of the control plane. */
  controlPlaneVersion: z.string().max(50),
  /** By how many ms its clock was ahead of the control plane's (less than 0: behind) when that was noted last, and in words. What a call takes on its way counts as behind. */
  clock: z.strictObject({ aheadMs: z.int(), text: z.string().max(200) }).optional(),
  /** Only with `about`, and where the control plane knows its time zone: what its plan lets flow now. */
  allowedNow: z.strictObject({ toRepository: AllowedNow, fromXenServer: AllowedNow }).optional(),
  /** Only with `about`: its plan as a week from Monday on, and the zone of its times. */
  week: z.array(BandwidthDays).max(7).optional(),
  timeZone: z.string().max(100).optional(),
  /** Only with `about`. */
  freeSlots: z.int().nonnegative().optional(),
  jobs: z.array(JobInHand).max(128),
  served: z.array(ServedPool).max(100),
  /** Whether it gets the jobs of the repository itself now, or who does. */
  repositoryKeeper: z.strictObject({ gatewayId: Ulid, name: NameLabel }).optional(),
  /** What happened to it, the newest first, 50 at most. */
  story: z
    .array(z.strictObject({ at: Instant, standing: Standing, text: z.string().max(1_000) }))
    .max(50),
})
export type GatewayDetail = z.infer<typeof GatewayDetail>

/** POST /v1/gateways/{gatewayId}/revoke; a repeated call repeats what is needed */
export const RevokeGatewayReply = z.strictObject({
  gatewayId: Ulid,
  name: NameLabel,
  /** Jobs that were taken from it: they wait for another gateway. */
  jobs: z.int().nonnegative(),
  /** When the last storage session that it was given would end by itself, should AWS hand on the refusal late. */
  sessionsEndBy: Instant,
})

/** POST /v1/gateways/{gatewayId}/rename */
export const RenameGatewayRequest = z.strictObject({ name: NameLabel.min(1) })
export const RenameGatewayReply = z.strictObject({ gatewayId: Ulid, name: NameLabel })
