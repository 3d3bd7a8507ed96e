import type { Clock, ObjectStore, Random } from '#core/ports.ts'
import type { Unlock } from './crypto/slots.ts'
import type { Tuning } from './engine.ts'

export interface OpenRequest {
  store: ObjectStore
  unlock: Unlock
  clock: Clock
  random: Random
  /** Directory for the local table, which survives restarts there; made if need be. Without it the table lives in memory. */
  cacheDir?: string | undefined
  /** bytes of buffers for everything that goes on in this repository; 256 MiB unless told */
  budgetBytes?: number | undefined
  tuning?: Partial<Tuning> | undefined
  /** Disks are going to be read or written: the threads for that start while the key is derived. */
  busySoon?: boolean | undefined
}
