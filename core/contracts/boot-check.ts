import { z } from 'zod'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'

/** Name of a program in the settings of the gateway; what it is called with stands there, and only there. */
export const ScriptName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/)

/** Restore a point isolated, boot it, look, remove it. */
export const BootCheckSpec = z.strictObject({
  kind: z.literal('boot-check'),
  /** Where it boots. */
  poolUuid: XenUuid,
  /** The VM that was backed up. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  pointId: Ulid,
  /** Where the disks go meanwhile; the pool's default SR unless told. */
  srUuid: XenUuid.optional(),
  /** For all of it: restoring, booting, asking. */
  timeoutSeconds: z.int().min(1).max(86_400),
  /** Asked when the VM has booted. */
  script: ScriptName.optional(),
  /** Wait for what the guest says of itself in the xenstore key `vm-data/xenkeep/verdict`. */
  guestVerdict: z.boolean().optional(),
})
export type BootCheckSpec = z.infer<typeof BootCheckSpec>

/**
 * - `tools`: it ran, and the guest tools answered
 * - `running`: it ran; that this guest has tools is not known, so nothing answered for it
 * - `did-not-boot`: it was started and stopped by itself, or its tools, which had answered when it was backed up, did not
 * - `refused`: it booted, and the script or the guest itself said that something is wrong
 * - `unreadable`: it could not be restored, because the recovery point is damaged
 */
export const BootVerdict = z.enum(['tools', 'running', 'did-not-boot', 'refused', 'unreadable'])

/** What a boot check found out about a point. Kept with the point, in the catalog and in the repository; read for years. */
export const BootCheckResult = z.object({
  kind: z.literal('boot-check'),
  jobId: Ulid,
  verdict: BootVerdict,
  /** When the check began. */
  at: Instant,
  poolUuid: XenUuid,
  /** A test failover: not the point was restored, but a copy of the state that this standby kept of it was started. */
  standby: z.object({ uuid: XenUuid, name: NameLabel, pointId: Ulid }).optional(),
  /** name_label of the host on which it ran, and its product and version. */
  host: NameLabel.optional(),
  version: z.string().max(200),
  /** ms from the order to start until it was Running, until its tools answered */
  runningAfterMs: z.int().nonnegative().optional(),
  toolsAfterMs: z.int().nonnegative().optional(),
  script: z
    .object({
      name: ScriptName,
      /** Left out where it was ended by a signal or by the time limit. */
      exitCode: z.int().optional(),
      /** The last line that it wrote. */
      said: z.string().max(500),
    })
    .optional(),
  guestSaid: z.string().max(500).optional(),
  /** What is proven, or what went wrong, in plain words. */
  sentence: z.string().max(1_000),
})
export type BootCheckResult = z.infer<typeof BootCheckResult>

/** Verdicts that say well of the point. */
export const isGoodBoot = ({ verdict }: Pick<BootCheckResult, 'verdict'>): boolean =>
  verdict === 'tools' || verdict === 'running'

/** POST /v1/runs */
export const BootCheckRequest = z.strictObject({
  kind: z.literal('boot-check'),
  pointIds: z.array(Ulid).max(2_000),
  /** Instead of points: the newest point of each VM that has one. */
  allLatest: z.boolean().default(false),
  poolUuid: XenUuid.optional(),
  srUuid: XenUuid.optional(),
  timeoutSeconds: z.int().min(1).max(86_400).default(900),
  script: ScriptName.optional(),
  guestVerdict: z.boolean().default(false),
})
