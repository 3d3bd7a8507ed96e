import { toProblem, XenkeepError } from '#core/errors/base.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { type Keyring, viewKeys } from '#repository/index.ts'
import { answer, type Session } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { tell } from '../../host.ts'
import { problemLines } from '../../output/failure.ts'
import { safeText } from '../../output/safe-text.ts'
import { NewPassphraseError } from '../../setup/passphrase.ts'
import { type NewPassphraseOptions, newPassphrase } from './add.ts'
import { withKeyring } from './with-keyring.ts'

const PASSPHRASE_SLOT = /\.(scrypt|argon2id)$/

/**
 * The new slot first, then the old one goes: in between both open. With a key that is no passphrase nothing is retired, because nobody
 * said whose passphrase is to end.
 * @returns `partly` when the new passphrase opens and the old one could not be retired
 */
export const changePassphrase = (
  session: Session,
  options: NewPassphraseOptions,
): Promise<ExitCode> =>
  withKeyring(session, options, async (keyring, store, unlock) => {
    const { address } = store
    const old = keyring.slot
    const passphrase = await newPassphrase(session, options)
    if (
      'passphrase' in unlock &&
      unlock.passphrase.normalize('NFC') === passphrase.normalize('NFC')
    )
      throw new NewPassphraseError(
        'The new passphrase is the old one.',
        'Choose another one, and run the command again; nothing was changed.',
      )
    // Where somebody asked for Argon2id, a change must not quietly end that.
    const slot = options.slot ?? (old.endsWith('.argon2id') ? 'argon2id' : 'scrypt')
    const added = await keyring.add({ passphrase, slot })
    const problem = PASSPHRASE_SLOT.test(old) ? await retireOld(keyring, store) : undefined
    const others = (await viewKeys(store)).slots
      .filter(
        ({ name, state }) => PASSPHRASE_SLOT.test(name) && name !== added && state === 'living',
      )
      .map(({ name }) => name)
    const retired = PASSPHRASE_SLOT.test(old) && !problem ? old : undefined
    if (problem) tell(session.host, ...problemLines(problem, 'xenkeep: '))
    answer(
      session,
      { repository: address, id: keyring.repositoryId, added, retired, others, problem },
      () => [
        `The new passphrase opens ${safeText(address)} (slot ${added}).`,
        ...(retired ? [`The old one (slot ${retired}) does not any more.`] : []),
        ...(problem ? [`The old one (slot ${old}) still does.`] : []),
        ...(others.length > 0
          ? [
              `Other passphrases open it too: ${others.join(', ')}. End them with "xenkeep repo keys retire SLOT".`,
            ]
          : []),
        'Gateways read the passphrase from a file of their own: write the new one there, they need it at their next start.',
      ],
    )
    return problem ? ExitCode.partly : ExitCode.ok
  })

const retireOld = async (keyring: Keyring, store: MaintenanceStore) => {
  try {
    await keyring.retire(keyring.slot, store)
    return undefined
  } catch (error) {
    if (!(error instanceof XenkeepError)) throw error
    return toProblem(error)
  }
}
