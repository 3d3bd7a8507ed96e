import { openObjectStore } from '#adapters/open-object-store.ts'
import { credentialsOf } from './open-store.ts'
import type { OpenReplica } from './second-copy.ts'

export const openReplica: OpenReplica = ({ address, region, endpoint }, session) =>
  openObjectStore(address, {
    s3: {
      ...(session && credentialsOf(session)),
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
    },
  })
