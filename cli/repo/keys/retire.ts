import { answer, type Session } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import type { RepositoryOptions } from '../open.ts'
import { withKeyring } from './with-keyring.ts'

/** @param slot its whole name, as the list shows it */
export const retire = (
  session: Session,
  slot: string,
  options: RepositoryOptions,
): Promise<ExitCode> =>
  withKeyring(session, options, async (keyring, store) => {
    await keyring.retire(slot, store)
    const { address } = store
    answer(session, { repository: address, id: keyring.repositoryId, retired: slot }, () => [
      `Slot ${slot} of ${safeText(address)} is removed in all its versions; its key opens nothing there any more.`,
      'It still opens copies of the slot: in replicas, and in backups of the bucket or directory.',
    ])
    return ExitCode.ok
  })
