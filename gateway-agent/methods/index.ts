import type { z } from 'zod'
import type { Method } from '#core/contracts/jobs.ts'
import type { Pool } from '../jobs/pool.ts'
import type { SnapshotVmOptions } from '../xapi/snapshot.ts'
import type { VmSnapshot } from '../xapi/vm-snapshot.ts'
import { normal, resumedNormal, type Taken } from './normal.ts'

/** How a VM is brought to rest for its snapshot. */
export const methods: Record<
  z.infer<typeof Method>,
  (pool: Pick<Pool, 'snapshotVm'>, options: SnapshotVmOptions) => Promise<Taken>
> = { normal }

/** What a snapshot is worth that the method took in an earlier attempt. */
export const resumed: Record<z.infer<typeof Method>, (snapshot: VmSnapshot) => Taken> = {
  normal: resumedNormal,
}
