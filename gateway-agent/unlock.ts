import { join } from 'node:path'
import type { GatewaySettings } from '#core/contracts/settings.ts'
import type { Unlock } from '#repository/index.ts'
import { readSecret } from './secret-file.ts'
import { credentialsOf } from './storage/open-store.ts'
import type { Session } from './storage/session.ts'

/** What the settings say of the key of the repository. */
export type UnlockSettings = Pick<GatewaySettings, 'kmsKey' | 'passphraseFile'>

/**
 * How a gateway opens its repositories: with the KMS key that its settings name, else with the passphrase of the environment or of a file.
 * @param session storage credentials of the control plane, which open the slots of KMS too; those of the gateway's own unless given
 * @throws `SECRET_UNREADABLE`
 */
export const unlockFor = async (
  dataDir: string,
  { kmsKey, passphraseFile = join('gateway', 'passphrase') }: UnlockSettings,
  env: NodeJS.ProcessEnv,
  session?: Session,
): Promise<Unlock> => {
  if (kmsKey !== undefined) {
    // Only when it is needed: loading the SDK takes a while.
    const { kmsKeyService } = await import('#adapters/aws/key-service.ts')
    const granted = session && { credentials: credentialsOf(session).credentials }
    return { kms: kmsKeyService(granted), key: kmsKey }
  }
  const passphrase =
    env.XENKEEP_PASSPHRASE ||
    (await readSecret('passphrase of the repository', dataDir, passphraseFile))
  return { passphrase }
}
