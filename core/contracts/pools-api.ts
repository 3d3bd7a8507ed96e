import { z } from 'zod'
import { InventoryPool } from './gateway-api.ts'
import { Instant } from './ids.ts'

/** A pool as a gateway told of it last, without its VMs: what a restore can be given to. */
export const PoolView = InventoryPool.omit({ vms: true, templates: true }).extend({ seen: Instant })
export type PoolView = z.infer<typeof PoolView>

/** GET /v1/pools */
export const ListPoolsReply = z.strictObject({
  items: z.array(PoolView),
  next: z.string().optional(),
})
