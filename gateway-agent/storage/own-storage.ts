import { join } from 'node:path'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { pacedStore } from '#adapters/wrap/paced-object-store.ts'
import type { Settings } from '#core/contracts/settings.ts'
import { openRepository } from '#repository/index.ts'
import type { Bandwidth } from '../bandwidth.ts'
import type { Connection } from '../control/connection.ts'
import type { Patience } from '../control/patience.ts'
import type { Log } from '../log.ts'
import { createRepositories } from '../repositories.ts'
import { type UnlockSettings, unlockFor } from '../unlock.ts'
import { createStorageAccess } from './access.ts'
import { openReplica } from './open-replica.ts'
import { openStore } from './open-store.ts'

/** The repository as a gateway, or the agent in a guest, reaches it: with the rights of the jobs at work, within its bandwidth plan. */
export const ownStorage = (
  dataDir: string,
  own: UnlockSettings,
  {
    settings,
    connection: { client, gatewayId, gatewayDir },
    bandwidth,
    patience,
    random,
    log,
  }: {
    settings: Settings['repository']
    connection: Connection
    bandwidth: Pick<Bandwidth, 'toRepository'>
    patience: Patience
    /** between 0 and 1 */
    random: () => number
    log: Log
  },
) => {
  const storage = createStorageAccess({
    ...{ client, gatewayId, openStore, patience, random, log },
    replica: settings.replica,
    openReplica: async (...copy) => pacedStore(await openReplica(...copy), bandwidth.toRepository),
    clock: systemClock,
  })
  const repositories = createRepositories(async address =>
    openRepository({
      store: pacedStore(await storage.open(address), bandwidth.toRepository),
      unlock: await unlockFor(dataDir, own, process.env, await storage.keySession(address)),
      clock: systemClock,
      random: systemRandom,
      cacheDir: join(gatewayDir, 'cache'),
    }),
  )
  const address = settings.address ?? `file:${join(dataDir, 'repository')}`
  return { storage, repositories, address }
}
