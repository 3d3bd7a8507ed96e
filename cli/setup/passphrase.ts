import { XenkeepError } from '#core/errors/base.ts'
import { readSecret } from '#gateway-agent/secret-file.ts'
import { type Host, tell } from '../host.ts'
import { promptSecret, type SecretSource } from './prompt.ts'

/** A new passphrase cannot be used. */
export class NewPassphraseError extends XenkeepError {
  readonly code = 'PASSPHRASE_UNFIT'
  constructor(why: string, advice: string) {
    super(why, { advice })
  }
}

/** Guessing is slowed down by scrypt, but a short passphrase is guessed all the same. */
const SHORTEST = 12 // characters

/**
 * The passphrase of the repository: from the environment, else from the file, else asked for.
 * @param file relative to the data directory
 * @throws `SECRET_UNREADABLE`, `PASSPHRASE_MISSING`, `INTERRUPTED`
 */
export const findPassphrase = async (
  host: Host,
  dataDir: string,
  file: string | undefined,
): Promise<string> => {
  if (host.env.XENKEEP_PASSPHRASE) return host.env.XENKEEP_PASSPHRASE
  if (file) return readSecret('passphrase of the repository', dataDir, file)
  return promptSecret(host, 'Passphrase of the repository: ')
}

/**
 * The same for a repository that is about to be made; typed twice when it is typed.
 * @throws `PASSPHRASE_UNFIT`, and as `findPassphrase`
 */
export const choosePassphrase = async (
  host: Host,
  dataDir: string,
  file: string | undefined,
): Promise<string> => {
  const typed = !host.env.XENKEEP_PASSPHRASE && !file
  if (typed && host.stdin.isTTY)
    tell(
      host,
      'Choose a passphrase for the new repository. Without it, and without the recovery key that is shown next,',
      'nobody can ever read the backups again.',
    )
  const passphrase = await findPassphrase(host, dataDir, file)
  refuseShort(passphrase)
  if (typed) await askAgain(host, passphrase)
  return passphrase
}

const NEW: SecretSource = {
  what: 'new passphrase',
  variable: 'XENKEEP_NEW_PASSPHRASE',
  option: '--new-passphrase-file',
}

/**
 * One more passphrase for a repository that is there: from the environment, else from the file, else asked for twice.
 * @param file absolute
 * @throws `PASSPHRASE_UNFIT`, `SECRET_UNREADABLE`, `PASSPHRASE_MISSING`, `INTERRUPTED`
 */
export const chooseNewPassphrase = async (
  host: Host,
  dataDir: string,
  file: string | undefined,
): Promise<string> => {
  const given =
    host.env.XENKEEP_NEW_PASSPHRASE || (file && (await readSecret(NEW.what, dataDir, file)))
  const passphrase = given || (await promptSecret(host, 'New passphrase: ', NEW))
  refuseShort(passphrase)
  if (!given) await askAgain(host, passphrase)
  return passphrase
}

const refuseShort = (passphrase: string): void => {
  if ([...passphrase].length < SHORTEST)
    throw new NewPassphraseError(
      `The new passphrase has fewer than ${SHORTEST} characters.`,
      'Choose a longer one, for example five random words, and run the command again.',
    )
}

const askAgain = async (host: Host, passphrase: string): Promise<void> => {
  if ((await promptSecret(host, 'The same again: ')) !== passphrase)
    throw new NewPassphraseError(
      'The passphrase was not the same the second time.',
      'Run the command again, and type the same passphrase twice; nothing was made yet.',
    )
}
