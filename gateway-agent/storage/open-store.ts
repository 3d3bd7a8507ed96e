import { openObjectStore } from '#adapters/open-object-store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { Session } from './session.ts'

/** What the SDK asks for before each request, and tells when AWS says that it has ended. */
export const credentialsOf = (session: Session) => ({
  credentials: async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await session.current()
    // The SDK keeps credentials until shortly before their end; such that have ended it asks for at each request, and the session knows better.
    return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(0) }
  },
  expired: (accessKeyId: string) => session.expired(accessKeyId),
})

/** @throws `STORE_ADDRESS_INVALID`, `STORE_UNSUITABLE` */
export const openStore = async (address: string, session?: Session): Promise<MaintenanceStore> => {
  if (!session) return openObjectStore(address)
  const { region } = await session.current()
  return openObjectStore(address, {
    s3: { ...credentialsOf(session), ...(region !== undefined && { region }) },
  })
}
