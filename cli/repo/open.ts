import { resolve } from 'node:path'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { openAsOf } from '#adapters/wrap/as-of.ts'
import { NotARepositoryError } from '#core/errors/repository.ts'
import type { KeyService, MaintenanceStore } from '#core/ports.ts'
import { readSecret } from '#gateway-agent/secret-file.ts'
import type { Repository, Unlock } from '#repository/index.ts'
// Not by the index, which loads all of the engine: half of it is loaded while the key is derived.
import { openRepository } from '#repository/open.ts'
import type { OpenRequest } from '#repository/open-request.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { tell } from '../host.ts'
import { findPassphrase } from '../setup/passphrase.ts'

/** The options that every subcommand has. */
export interface RepositoryOptions {
  repository: string
  passphraseFile?: string
  recoveryKeyFile?: string
  /** name of the key; `true`: the one that the slot names */
  kms?: string | true
  endpoint?: string
  region?: string
  pathStyle?: boolean
  /** milliseconds since 1970: the repository as it was then */
  asOf?: number
}

/** What the engine asks of the world. */
export const world = { clock: systemClock, random: systemRandom }

/** @throws `STORE_ADDRESS_INVALID`, `STORE_UNSUITABLE` */
export const openStore = ({
  repository,
  endpoint,
  region,
  pathStyle,
}: RepositoryOptions): Promise<MaintenanceStore> =>
  openObjectStore(repository, {
    s3: {
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(pathStyle === undefined ? {} : { pathStyle }),
    },
  })

/** Another store, reached as its own options say. @throws `STORE_ADDRESS_INVALID`, `STORE_UNSUITABLE` */
export const openReplica = (
  replica: string,
  { replicaEndpoint, replicaRegion }: { replicaEndpoint?: string; replicaRegion?: string },
): Promise<MaintenanceStore> =>
  openStore({
    repository: replica,
    ...(replicaEndpoint === undefined ? {} : { endpoint: replicaEndpoint }),
    ...(replicaRegion === undefined ? {} : { region: replicaRegion }),
  })

/** A key as it is printed: 14 groups of 4. A whole recovery kit holds just one. */
const PRINTED_KEY = /\b(?:[0-9A-Za-z]{4}[-\s]+){13}[0-9A-Za-z]{4}\b/

/** Loading the SDK takes a while: only when it is needed. */
export const keyService = async (): Promise<KeyService> => {
  const { kmsKeyService } = await import('#adapters/aws/key-service.ts')
  return kmsKeyService()
}

/** @throws `USAGE`, `SECRET_UNREADABLE`, `PASSPHRASE_MISSING`, `INTERRUPTED` */
export const unlockWith = async (
  { host, dataDir }: Session,
  { passphraseFile, recoveryKeyFile, kms }: RepositoryOptions,
): Promise<Unlock> => {
  if ([passphraseFile, recoveryKeyFile, kms].filter(way => way !== undefined).length > 1)
    throw new UsageError('Give only one of --passphrase-file, --recovery-key-file and --kms.')
  if (kms === true) {
    tell(
      host,
      'The key is the one that a slot of the repository names, so it is opened for reading only. See which with',
      '"xenkeep repo keys list", and trust what you read only if that key is yours.',
    )
    return { kms: await keyService() }
  }
  if (kms !== undefined) return { kms: await keyService(), key: kms }
  if (recoveryKeyFile !== undefined) {
    const text = await readSecret('recovery key', dataDir, resolve(recoveryKeyFile))
    return { recoveryKey: PRINTED_KEY.exec(text)?.[0] ?? text }
  }
  const file = passphraseFile === undefined ? undefined : resolve(passphraseFile)
  return { passphrase: await findPassphrase(host, dataDir, file) }
}

/**
 * Opens the repository that the options name, hands it to `work` and closes it.
 * @param work also gets the store as it is now, with the rights of whoever calls
 * @throws errors of `openRepository` and of the store; `USAGE` where there was none at the time of --as-of, `STORE_WITHOUT_VERSIONS`
 */
export const withRepository = async <T>(
  session: Session,
  options: RepositoryOptions,
  work: (repository: Repository, store: MaintenanceStore) => Promise<T>,
  more: Pick<OpenRequest, 'tuning' | 'busySoon' | 'cacheDir'> = {},
): Promise<T> => {
  const { asOf } = options
  const now = await openStore(options)
  const store = asOf === undefined ? now : await openAsOf(now, asOf)
  const unlock = await unlockWith(session, options)
  const repository = await openRepository({ ...world, store, unlock, ...more }).catch(error => {
    if (asOf === undefined || !(error instanceof NotARepositoryError)) throw error
    throw new UsageError(
      `There was no repository at ${store.address} on ${session.host.time(asOf)}.`,
      'Check the address, or give a later time with --as-of.',
    )
  })
  try {
    return await work(repository, now)
  } finally {
    await repository.close()
  }
}

/** As `withRepository`, for work that reads or writes disks: the threads for it start while the key is derived. */
export const withDisksOf: typeof withRepository = (session, options, work, more) =>
  withRepository(session, options, work, { ...more, busySoon: true })
