import { answer, type Session } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import type { RepositoryOptions } from '../open.ts'
import { withKeyring } from './with-keyring.ts'

export const rotate = (session: Session, options: RepositoryOptions): Promise<ExitCode> =>
  withKeyring(session, options, async (keyring, { address }) => {
    const epoch = await keyring.rotate()
    answer(session, { repository: address, id: keyring.repositoryId, epoch }, () => [
      `New data in ${safeText(address)} gets keys of epoch ${epoch}. Gateways that run now use them from their next start on.`,
      'What is stored stays under the keys of its epoch, and is used again by new points. After the loss of a passphrase or',
      'of the root key a new epoch helps nothing: that takes a new repository.',
    ])
    return ExitCode.ok
  })
