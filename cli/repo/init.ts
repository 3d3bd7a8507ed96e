import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { KeyService } from '#core/ports.ts'
import { createRepository, type RecoveryKit } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { type Host, print, printJson } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { choosePassphrase } from '../setup/passphrase.ts'
import { kitInFile } from '../setup/recovery-kit.ts'
import { keyService, openStore, type RepositoryOptions, world } from './open.ts'

type FirstSlot =
  | { passphrase: string; slot: 'scrypt' | 'argon2id' }
  | { kms: KeyService; key: string }

export interface InitOptions extends RepositoryOptions {
  recoveryKitFile?: string
  slot?: 'scrypt' | 'argon2id' | 'kms'
}

/** @throws `REPOSITORY_EXISTS`, `PREFIX_NOT_EMPTY`, `PASSPHRASE_UNFIT`, `KMS_*`, `USAGE` */
export const init = async (session: Session, options: InitOptions): Promise<ExitCode> => {
  if (options.recoveryKeyFile !== undefined)
    throw new UsageError('A new repository gets a new recovery key; it cannot be made with one.')
  const kitFile = newKitFile(options.recoveryKitFile)
  const store = await openStore(options)
  const first = await firstSlot(session, options)
  const { repository, recoveryKit } = await createRepository({ ...world, store, ...first })
  await repository.close()
  const { host, json } = session
  const kept = await kitInFile(host, recoveryKit, kitFile)
  const { id } = repository
  if (json) {
    const created = { event: 'repository-created', repository: store.address, id }
    printJson(host, { ...created, ...kitDocument(recoveryKit, kept) })
  } else {
    print(host, `Repository ${id} is made at ${safeText(store.address)}.`)
    showKit(host, recoveryKit, kept)
  }
  return ExitCode.ok
}

const firstSlot = async (
  { host, dataDir }: Session,
  { slot, kms, passphraseFile }: InitOptions,
): Promise<FirstSlot> => {
  if (kms === true || (slot === 'kms' && kms === undefined))
    throw new UsageError(
      'The key is not named.',
      'Give its ARN, as in --kms arn:aws:kms:eu-central-1:111122223333:key/….',
    )
  if (kms !== undefined) {
    if ((slot !== undefined && slot !== 'kms') || passphraseFile !== undefined)
      throw new UsageError(
        'A repository is made with either a passphrase or --kms.',
        'Make it with one of them, and add the other with "xenkeep repo keys".',
      )
    return { kms: await keyService(), key: kms }
  }
  const file = passphraseFile === undefined ? undefined : resolve(passphraseFile)
  const passphrase = await choosePassphrase(host, dataDir, file)
  return { passphrase, slot: slot === 'argon2id' ? slot : 'scrypt' }
}

/** @throws `USAGE` where there is something already */
export const newKitFile = (file: string | undefined): string | undefined => {
  if (file === undefined) return undefined
  const path = resolve(file)
  if (existsSync(path))
    throw new UsageError(`The file ${safeText(path)} exists; it is not overwritten.`)
  return path
}

export const kitDocument = (kit: RecoveryKit, kitFile: string | undefined) =>
  kitFile ? { recoveryKitFile: kitFile } : { recoveryKit: kit.text }

/** The kit is seen once: here, or in the file that was asked for. */
export const showKit = (host: Host, kit: RecoveryKit, kitFile: string | undefined): void => {
  if (kitFile)
    print(
      host,
      `Its recovery kit is in ${safeText(kitFile)}: print it, keep it where the backed-up machines are not, and remove the file.`,
    )
  else
    print(
      host,
      'This is its recovery kit; it is shown only now. Print it, and keep it where the backed-up machines are not:',
      '',
      ...kit.text
        .trimEnd()
        .split('\n')
        .map(line => `    ${line}`),
    )
}
