import { z } from 'zod'
import { Bytes, Instant, NameLabel, Ulid, XenUuid } from '../contracts/ids.ts'
import { Consistency, MethodFacts, Rung, SiteMark, SkippedDisk } from '../contracts/points.ts'
import { PointUnintelligibleError } from '../errors/point.ts'
import { VmMetadata } from './vm-metadata.ts'

/** How one disk of the point came about. Its content is in the repository under `vdiUuid`. */
export const SubjectDisk = z.object({
  /** The live VDI. */
  vdiUuid: XenUuid,
  name: NameLabel,
  userdevice: z.string().max(10),
  rung: Rung,
  incremental: z.boolean(),
  reasons: z.array(z.string().max(500)).max(20),
  bytesRead: Bytes,
  /** The snapshot VDI that stays on the pool as CBT metadata: the next increment is the difference to it. */
  cbtBase: z.object({ vdiUuid: XenUuid }).optional(),
})
export type SubjectDisk = z.infer<typeof SubjectDisk>

/**
 * What a commit record tells beside the content of disks: the machine as XenServer described it, and how the point came
 * about. Written once, read for years: a reader of this format ignores members that it does not know.
 */
export const PointSubject = z.object({
  format: z.literal(1),
  /** `version`: product and version of the coordinator. */
  pool: z.object({ uuid: XenUuid, name: NameLabel, version: z.string().max(200) }),
  /** When the snapshot was taken. */
  taken: Instant,
  /** VM.power_state then. */
  powerState: z.string().max(20),
  /** VM_metrics.start_time that the snapshot bears: by the same value one knows later that nobody has started the VM since. ms since 1970, 0: never */
  startTime: Instant.optional(),
  /** The policy that asked for the point. */
  policyId: Ulid.optional(),
  /** The point is a member of a site. */
  site: SiteMark.optional(),
  consistency: Consistency,
  ...MethodFacts.shape,
  vm: VmMetadata,
  disks: z.array(SubjectDisk).max(255),
  skipped: z.array(SkippedDisk).max(255),
  /** What an administrator should know of this point, one sentence each. */
  notes: z.array(z.string().max(500)).max(50),
})
export type PointSubject = z.infer<typeof PointSubject>

/**
 * @param subject as the repository gave it back
 * @throws `POINT_UNINTELLIGIBLE`
 */
export const parseSubject = (pointId: string, subject: unknown): PointSubject => {
  const parsed = PointSubject.safeParse(subject)
  if (!parsed.success) throw new PointUnintelligibleError(pointId, parsed.error)
  return parsed.data
}
