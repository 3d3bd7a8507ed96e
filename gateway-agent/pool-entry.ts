import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { PoolSettings, StreamSettings } from '#core/contracts/settings.ts'
import { poolOfXapi } from './pool-of-xapi.ts'
import type { PoolEntry } from './pools.ts'
import { readSecret, SecretFileError } from './secret-file.ts'
import { openPool } from './xapi/pool.ts'

/** A pool of the settings, ready to be connected. The password is read at each login, the CA file at each connection. */
export const poolEntry = (
  dataDir: string,
  settings: PoolSettings,
  { connectionsPerHost }: Partial<StreamSettings> = {},
): PoolEntry => {
  const { url, user, passwordFile, fingerprint, caFile, insecureNbd } = settings
  const password = () => readSecret(`password of ${user} at ${url}`, dataDir, passwordFile)
  const ca = async () => {
    if (caFile === undefined) return {}
    const path = resolve(dataDir, caFile)
    const text = await readFile(path, 'utf8').catch(error => {
      throw new SecretFileError('CA certificate', path, error)
    })
    return { ca: text }
  }
  return {
    url,
    async connect({ uuid, hosts = [], remember }) {
      const xapi = await openPool({
        url,
        user,
        password,
        ...(fingerprint && { fingerprints: [fingerprint].flat() }),
        ...(await ca()),
        allowInsecureNbd: insecureNbd,
        members: hosts,
        ...(connectionsPerHost !== undefined && { connectionsPerHost }),
        ...(uuid && { poolUuid: uuid }),
        onMembers: remember,
      })
      return { pool: poolOfXapi(xapi), close: () => xapi.close() }
    },
    passwordStamp: () =>
      password().then(
        text => createHash('sha256').update(text).digest('hex'),
        () => '',
      ),
  }
}
