import type { ReplicaSettings } from '#core/contracts/settings.ts'
import { ReplicaUnknownError } from '#core/errors/maintenance.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import type { Log } from '../log.ts'
import type { Session } from './session.ts'

/** The second copy of the repository, with the rights of one job. It is only read. */
export interface SecondCopy {
  /** As people know it: its region, else its address. */
  place: string
  address: string
  /** @throws `STORE_ADDRESS_INVALID`, `STORE_UNSUITABLE` */
  open: () => Promise<ObjectStore>
}

/** Opens a second copy, without a session with credentials of the gateway's own (environment, profile, instance role). */
export type OpenReplica = (replica: ReplicaSettings, session?: Session) => Promise<MaintenanceStore>

/**
 * Which second copy a job compares with: the one that its session is for; without a session the one of the gateway's own settings, which may reach it under
 * another address than the control plane, else the one that the control plane names.
 * @throws `REPLICA_UNKNOWN`
 */
export const secondCopyOf = ({
  named,
  own,
  session,
  openReplica,
  log,
}: {
  /** By the control plane. */
  named: ReplicaSettings | undefined
  own: ReplicaSettings | undefined
  session: Session | undefined
  openReplica: OpenReplica
  log: Log
}): SecondCopy => {
  const granted = session && named
  const replica = granted ?? own ?? named
  if (!replica) throw new ReplicaUnknownError()
  const { address, region } = replica
  if (granted && own && own.address !== address)
    log.warn(
      `The second copy is ${address}, for which the control plane gives credentials, and not ${own.address} of the settings.`,
    )
  return {
    ...{ place: region ?? address, address },
    open: () => openReplica(replica, granted && session),
  }
}
