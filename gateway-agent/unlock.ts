import { join } from 'node:path'
import type { GatewaySettings } from '#core/contracts/settings.ts'
import type { Unlock } from '#repository/index.ts'
import { readSecret } from './settings.ts'

/**
 * How a gateway opens its repositories: with the KMS key that its settings name, else with the passphrase of the environment or of a file.
 * @throws `SECRET_UNREADABLE`
 */
export const unlockFor = async (
  dataDir: string,
  { kmsKey, passphraseFile = join('gateway', 'passphrase') }: GatewaySettings,
  env: NodeJS.ProcessEnv,
): Promise<Unlock> => {
  if (kmsKey !== undefined) {
    // Only when it is needed: loading the SDK takes a while.
    const { kmsKeyService } = await import('#adapters/aws/key-service.ts')
    return { kms: kmsKeyService(), key: kmsKey }
  }
  const passphrase =
    env.XENKEEP_PASSPHRASE ||
    (await readSecret('passphrase of the repository', dataDir, passphraseFile))
  return { passphrase }
}
