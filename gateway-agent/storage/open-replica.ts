import { openObjectStore } from '#adapters/open-object-store.ts'
import type { ReplicaSettings } from '#core/contracts/settings.ts'
import type { MaintenanceStore } from '#core/ports.ts'

/**
 * The second copy of the repository, with credentials of the gateway's own (environment, profile, instance role). It is only read.
 * @throws `STORE_ADDRESS_INVALID`, `STORE_UNSUITABLE`
 */
export const openReplica = ({
  address,
  region,
  endpoint,
}: ReplicaSettings): Promise<MaintenanceStore> =>
  openObjectStore(address, {
    s3: { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) },
  })
