import { viewKeys } from '#repository/index.ts'
import type { Session } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { print, printJson } from '../../host.ts'
import { safeText } from '../../output/safe-text.ts'
import { kitInFile } from '../../setup/recovery-kit.ts'
import { kitDocument, newKitFile, showKit } from '../init.ts'
import type { RepositoryOptions } from '../open.ts'
import { withKeyring } from './with-keyring.ts'

export interface RecoveryKitOptions extends RepositoryOptions {
  recoveryKitFile?: string
}

/** A kit is handed over once. Older ones go on opening until somebody retires them. */
export const newRecoveryKit = async (
  session: Session,
  options: RecoveryKitOptions,
): Promise<ExitCode> => {
  const kitFile = newKitFile(options.recoveryKitFile)
  return withKeyring(session, options, async (keyring, store) => {
    const { host, json } = session
    const { address } = store
    const { slot, recoveryKit } = await keyring.addRecoveryKit()
    const kept = await kitInFile(host, recoveryKit, kitFile)
    const older = (await viewKeys(store)).slots
      .filter(({ name, kind, state }) => kind === 'recovery' && state === 'living' && name !== slot)
      .map(({ name }) => name)
    if (json) {
      const document = { repository: address, id: keyring.repositoryId, slot, older }
      printJson(host, { ...document, ...kitDocument(recoveryKit, kept) })
      return ExitCode.ok
    }
    print(host, `A new recovery key opens ${safeText(address)} (slot ${slot}).`)
    showKit(host, recoveryKit, kept)
    if (older.length > 0)
      print(
        host,
        `Older kits open it too: ${older.join(', ')}. When the new one is in its place, end them with "xenkeep repo keys retire SLOT".`,
      )
    return ExitCode.ok
  })
}
