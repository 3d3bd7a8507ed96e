import { z } from 'zod'
import { BootCheckResult } from './boot-check.ts'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { PageQuery } from './runs-api.ts'

/**
 * What is proven of a VM by the newest boot check of any of its points, or test failover of a standby's state.
 * - `good`: it booted, and that is not too long ago
 * - `old`: it booted, and that is long ago
 * - `gone`: it booted, and that point was deleted since
 * - `bad`: it did not, or something was wrong
 * - `never`: no check has told of it yet
 * - `unknown`: checks of before the catalog kept them by VM; known again after its next backup or check
 */
export const BootProof = z.enum(['good', 'old', 'gone', 'bad', 'never', 'unknown'])
export type BootProof = z.infer<typeof BootProof>

/** GET /v1/boot-checks, by name unless `sort` says otherwise: VMs that have recovery points, also such as no pool has any more */
export const ListBootChecksQuery = PageQuery.extend({
  /** Part of the name, or the UUID; upper and lower case are the same. */
  search: z.string().trim().min(1).max(255).optional(),
  /** UUID or exact name: where its newest point was taken. */
  pool: NameLabel.min(1).optional(),
  /** `lacking`: anything but `good`. */
  proof: z.enum([...BootProof.options, 'lacking']).optional(),
  /** From how many days on a good check counts as old; 30 unless told. */
  days: z.coerce.number().int().min(1).max(3_650).optional(),
  /** `oldest`: what was checked longest ago first, and before it what was never. */
  sort: z.enum(['name', 'oldest']).optional(),
})

const PointOfVm = z.strictObject({ pointId: Ulid, taken: Instant })

export const VmBootCheck = z.strictObject({
  vmUuid: XenUuid,
  vmName: NameLabel,
  /** Of its newest point; left out where the catalog has it from a version that did not keep it. */
  poolUuid: XenUuid.optional(),
  poolName: NameLabel.optional(),
  newest: PointOfVm,
  /** The newest check, and the point that was checked; `gone`: that point was deleted since. */
  check: PointOfVm.extend({ result: BootCheckResult, gone: z.literal(true).optional() }).optional(),
  proof: BootProof,
  /** What is proven and what is not, in plain words. */
  line: z.string().max(2_000),
})
export type VmBootCheck = z.infer<typeof VmBootCheck>

const count = z.int().nonnegative()

export const ListBootChecksReply = z.strictObject({
  items: z.array(VmBootCheck),
  next: z.string().optional(),
  /** How many match. */
  total: count,
  /** Of all VMs that match but for `proof`. */
  counts: z.strictObject({
    good: count,
    old: count,
    gone: count,
    bad: count,
    never: count,
    unknown: count,
  }),
})
export type ListBootChecksReply = z.infer<typeof ListBootChecksReply>
