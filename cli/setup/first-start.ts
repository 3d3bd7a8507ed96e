import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { Settings } from '#core/contracts/settings.ts'
import { readSecret } from '#gateway-agent/secret-file.ts'
import { readSettings } from '#gateway-agent/settings.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { createRepository, openRepository, type RecoveryKit } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { files } from '../data-directory.ts'
import { UsageError } from '../errors.ts'
import { print, printJson, tell } from '../host.ts'
import { CertificateUnknownError, fetchFingerprint } from './certificate.ts'
import { choosePassphrase, findPassphrase } from './passphrase.ts'
import { writePrivateFile } from './private-file.ts'
import { kitInFile } from './recovery-kit.ts'
import { shellCommand, type UpOptions, type Wish, wishOf } from './up-options.ts'

/** On one machine a call costs nothing, and progress bars move. */
const HEARTBEAT_SECONDS = 1

/**
 * Reads the settings, or at the first start makes them from the options: everything they name is tried first (the pool lets us
 * in, the repository opens), and the file is written last. So whatever goes wrong, the next try starts from the beginning.
 * @throws `USAGE`, `SETTINGS_INVALID`, `SECRET_UNREADABLE`, `CERTIFICATE_UNKNOWN`, `XAPI_*`, `STORE_*`, `WRONG_PASSPHRASE`, …
 */
export const settingsFor = async (session: Session, options: UpOptions): Promise<Settings> => {
  const { dataDir } = session
  const paths = files(dataDir)
  if (existsSync(paths.settings)) {
    const settings = await readSettings(dataDir)
    refuseOtherSettings(settings, options, session)
    return settings
  }
  const wish = wishOf(options, paths.repository)
  const fingerprints = await proveAccess(session, options, wish)
  const passphraseFile = await proveRepository(session, wish)
  const { url, user, passwordFile, caFile } = wish.pool
  const settings = {
    control: {
      heartbeatSeconds: HEARTBEAT_SECONDS,
      ...(wish.port === undefined ? {} : { port: wish.port }),
    },
    repository: { address: wish.repository },
    gateway: {
      passphraseFile,
      // Who sets up this machine for himself is owner of the gateway and of the control plane.
      fileBrowsing: 'on',
      pools: [
        { url, user, passwordFile, ...(caFile ? { caFile } : { fingerprint: fingerprints }) },
      ],
    },
  }
  await writePrivateFile(paths.settings, `${JSON.stringify(settings, null, 2)}\n`)
  return Settings.parse(settings)
}

/** A script may call `xenkeep up` with the same options again and again; options that say something else are refused. */
const refuseOtherSettings = (settings: Settings, options: UpOptions, session: Session): void => {
  if (!options.pool && Object.keys(options).length === 0) return
  const paths = files(session.dataDir)
  const wish = wishOf({ pool: 'set', passwordFile: 'set', ...options }, paths.repository)
  const [pool] = settings.gateway.pools
  const same = (option: unknown, wanted: unknown, set: unknown) =>
    option === undefined || wanted === set
  const agrees =
    same(options.pool, wish.pool.url, pool?.url) &&
    same(options.user, wish.pool.user, pool?.user) &&
    same(options.passwordFile, wish.pool.passwordFile, pool?.passwordFile) &&
    same(options.caFile, wish.pool.caFile, pool?.caFile) &&
    same(options.repository, wish.repository, settings.repository.address) &&
    same(options.port, wish.port, settings.control.port) &&
    same(options.passphraseFile, wish.passphraseFile, settings.gateway.passphraseFile) &&
    wish.pool.fingerprints.every(one => [pool?.fingerprint ?? []].flat().includes(one))
  if (agrees) return
  throw new UsageError(
    `The data directory ${session.dataDir} is set up already, and not the way these options say.`,
    `Run "xenkeep up" without options to use it as it is, change ${paths.settings}, or name another --data directory.`,
  )
}

/**
 * Logs in to the pool once, with the client that the gateway uses.
 * @returns the fingerprints of all its hosts: jobs talk to each of them, and any may become the coordinator
 */
const proveAccess = async (
  { dataDir }: Session,
  options: UpOptions,
  { pool }: Wish,
): Promise<string[]> => {
  const password = await readSecret(`password of ${pool.user}`, dataDir, pool.passwordFile)
  if (pool.fingerprints.length === 0 && !pool.caFile) {
    const fingerprint = await fetchFingerprint(pool.url)
    throw new CertificateUnknownError(
      pool.url,
      fingerprint,
      upCommand(dataDir, options, fingerprint),
    )
  }
  const xapi = await openPool({
    url: pool.url,
    user: pool.user,
    password,
    fingerprints: pool.fingerprints,
    ...(pool.caFile ? { ca: await readFile(pool.caFile, 'utf8') } : {}),
  })
  try {
    const hosts = await xapi.call('host.get_all', [], z.array(z.string()))
    const pems = await Promise.all(
      hosts.map(host => xapi.call('host.get_server_certificate', [host], z.string())),
    )
    const told = pems.map(pem =>
      new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase(),
    )
    return [...new Set([...pool.fingerprints, ...told])]
  } finally {
    await xapi.close()
  }
}

const upCommand = (dataDir: string, options: UpOptions, fingerprint: string): string => {
  const {
    pool = '',
    user,
    passwordFile = '',
    repository,
    port,
    passphraseFile,
    recoveryKitFile,
  } = options
  const optional = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [name, String(value)]
  return shellCommand([
    ...['xenkeep', 'up', '--data', dataDir, '--pool', pool, ...optional('--user', user)],
    ...['--password-file', passwordFile, '--fingerprint', fingerprint],
    ...optional('--repository', repository),
    ...optional('--port', port),
    ...optional('--passphrase-file', passphraseFile),
    ...optional('--recovery-kit-file', recoveryKitFile),
  ])
}

/**
 * Opens the repository, or makes one where none is.
 * @returns the file in which the gateway finds the passphrase
 */
const proveRepository = async (session: Session, wish: Wish): Promise<string> => {
  const { host, dataDir } = session
  const store = await openObjectStore(wish.repository)
  const common = { store, clock: systemClock, random: systemRandom }
  const exists = await Array.fromAsync(store.list('repo/')).then(objects => objects.length > 0)
  let passphrase: string
  if (exists) {
    passphrase = await findPassphrase(host, dataDir, wish.passphraseFile)
    const repository = await openRepository({ ...common, unlock: { passphrase } })
    await repository.close()
  } else {
    passphrase = await choosePassphrase(host, dataDir, wish.passphraseFile)
    const { repository, recoveryKit } = await createRepository({ ...common, passphrase })
    await repository.close()
    await handOver(session, wish, recoveryKit)
  }
  if (wish.passphraseFile) return wish.passphraseFile
  const { passphrase: file } = files(dataDir)
  await writePrivateFile(file, `${passphrase}\n`)
  tell(
    host,
    `The gateway reads the passphrase from ${file} (only you can), so that it starts unattended.`,
  )
  return file
}

/** The recovery kit is seen once: on the terminal, or in the file that was asked for. */
const handOver = async (
  { host, json }: Session,
  { recoveryKitFile, repository }: Wish,
  kit: RecoveryKit,
): Promise<void> => {
  const kept = await kitInFile(host, kit, recoveryKitFile)
  if (kept) {
    tell(
      host,
      `A new repository is made at ${repository}. Its recovery kit is in ${kept}:`,
      'print it, keep it where the backed-up machines are not, and remove the file.',
    )
    return
  }
  if (json) {
    printJson(host, { event: 'repository-created', repository, recoveryKit: kit.text })
    return
  }
  print(
    host,
    `A new repository is made at ${repository}. This is its recovery kit; it is shown only now.`,
    '',
    ...kit.text
      .trimEnd()
      .split('\n')
      .map(line => `    ${line}`),
    '',
    'What to do with it: print these lines or write the key down, and keep the paper away from the machines that',
    'are backed up (a safe, another building). If this machine and the passphrase are lost, this key and the',
    'repository are all that is needed to restore. Whoever has it can read every backup.',
    '',
  )
}
