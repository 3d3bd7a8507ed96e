import { resolve } from 'node:path'
import { answer, type Session } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import { chooseNewPassphrase } from '../../setup/passphrase.ts'
import { keyService, type RepositoryOptions } from '../open.ts'
import { withKeyring } from './with-keyring.ts'

export interface NewPassphraseOptions extends RepositoryOptions {
  newPassphraseFile?: string
  slot?: 'scrypt' | 'argon2id'
}

/** @throws `PASSPHRASE_UNFIT`, `PASSPHRASE_MISSING`, `SECRET_UNREADABLE`, `INTERRUPTED` */
export const newPassphrase = (
  { host, dataDir }: Session,
  { newPassphraseFile }: NewPassphraseOptions,
): Promise<string> =>
  chooseNewPassphrase(
    host,
    dataDir,
    newPassphraseFile === undefined ? undefined : resolve(newPassphraseFile),
  )

export const addPassphrase = (session: Session, options: NewPassphraseOptions): Promise<ExitCode> =>
  withKeyring(session, options, async (keyring, { address }) => {
    const passphrase = await newPassphrase(session, options)
    const slot = await keyring.add({ passphrase, slot: options.slot })
    answer(session, { repository: address, id: keyring.repositoryId, slot }, () => [
      `The new passphrase opens ${safeText(address)} (slot ${slot}); the others go on opening it.`,
    ])
    return ExitCode.ok
  })

/** @param key ARN, id or alias; its ARN goes into the slot */
export const addKms = (
  session: Session,
  key: string,
  options: RepositoryOptions,
): Promise<ExitCode> =>
  withKeyring(session, options, async (keyring, { address }) => {
    const slot = await keyring.add({ kms: await keyService(), key })
    answer(session, { repository: address, id: keyring.repositoryId, slot }, () => [
      `The key ${safeText(key)} opens ${safeText(address)} (slot ${slot}): whoever may decrypt with it can read the backups.`,
    ])
    return ExitCode.ok
  })
