import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { GatewaySettings } from '#core/contracts/settings.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { readSettings } from '#gateway-agent/settings.ts'
import { unlockFor } from '#gateway-agent/unlock.ts'
import { type OpenRequest, openRepository, type Repository } from '#repository/index.ts'
import type { Session } from './command.ts'
import { files } from './data-directory.ts'
import { NotSetUpError } from './errors.ts'
import { findPassphrase } from './setup/passphrase.ts'

export interface OwnRepositoryOptions {
  repository?: string
  passphraseFile?: string
}

/**
 * Opens the repository of the data directory (or the one that is named) directly, without control plane or gateway, hands it to
 * `work` and closes it.
 * @throws `NOT_SET_UP`, `SETTINGS_INVALID`, errors of `openRepository` and of the store
 */
export const withOwnRepository = async <T>(
  session: Session,
  options: OwnRepositoryOptions,
  work: (repository: Repository, store: MaintenanceStore) => Promise<T>,
  more: Pick<OpenRequest, 'busySoon'> = {},
): Promise<T> => {
  const { host, dataDir } = session
  const { address, gateway } = await whereItIs(session, options)
  const store = await openObjectStore(address)
  const unlock = gateway.kmsKey
    ? await unlockFor(dataDir, gateway, host.env)
    : { passphrase: await findPassphrase(host, dataDir, gateway.passphraseFile) }
  const common = { store, clock: systemClock, random: systemRandom }
  const repository = await openRepository({ ...common, unlock, ...more })
  try {
    return await work(repository, store)
  } finally {
    await repository.close()
  }
}

/** From the options, or else from the settings of the data directory. */
const whereItIs = async (
  { dataDir }: Session,
  { repository, passphraseFile }: OwnRepositoryOptions,
): Promise<{ address: string; gateway: GatewaySettings }> => {
  const given = passphraseFile === undefined ? undefined : resolve(passphraseFile)
  const own = GatewaySettings.parse(given === undefined ? {} : { passphraseFile: given })
  if (repository) return { address: repository, gateway: own }
  if (!existsSync(files(dataDir).settings)) throw new NotSetUpError(dataDir)
  const settings = await readSettings(dataDir)
  return {
    address: settings.repository.address ?? `file:${files(dataDir).repository}`,
    gateway: given === undefined ? settings.gateway : own,
  }
}
