import type { MaintenanceStore } from '#core/ports.ts'
import { type Keyring, openKeyring, type Unlock } from '#repository/index.ts'
import type { Session } from '../../command.ts'
import { openStore, type RepositoryOptions, unlockWith, world } from '../open.ts'

/** Opens the keys of the repository that the options name. @throws errors of `openKeyring` and of the store */
export const withKeyring = async <T>(
  session: Session,
  options: RepositoryOptions,
  work: (keyring: Keyring, store: MaintenanceStore, unlock: Unlock) => Promise<T>,
): Promise<T> => {
  const store = await openStore(options)
  const unlock = await unlockWith(session, options)
  return work(await openKeyring({ ...world, store, unlock }), store, unlock)
}
