import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createRepository, type RecoveryKit } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { choosePassphrase } from '../setup/passphrase.ts'
import { writePrivateFile } from '../setup/private-file.ts'
import { openStore, type RepositoryOptions, world } from './open.ts'

export interface InitOptions extends RepositoryOptions {
  recoveryKitFile?: string
}

/** @throws `REPOSITORY_EXISTS`, `PREFIX_NOT_EMPTY`, `PASSPHRASE_UNFIT`, `USAGE` */
export const init = async (session: Session, options: InitOptions): Promise<ExitCode> => {
  const { passphraseFile, recoveryKeyFile } = options
  if (recoveryKeyFile !== undefined)
    throw new UsageError('A new repository gets a new recovery key; it cannot be made with one.')
  const kitFile = options.recoveryKitFile && resolve(options.recoveryKitFile)
  if (kitFile && existsSync(kitFile))
    throw new UsageError(`The file ${safeText(kitFile)} exists; it is not overwritten.`)
  const store = await openStore(options)
  const file = passphraseFile === undefined ? undefined : resolve(passphraseFile)
  const passphrase = await choosePassphrase(session.host, session.dataDir, file)
  const { repository, recoveryKit } = await createRepository({ ...world, store, passphrase })
  await repository.close()
  if (kitFile) await writePrivateFile(kitFile, recoveryKit.text)
  handOver(session, { address: store.address, id: repository.id, kitFile }, recoveryKit)
  return ExitCode.ok
}

/** The kit is seen once: here, or in the file that was asked for. */
const handOver = (
  { host, json }: Session,
  { address, id, kitFile }: { address: string; id: string; kitFile: string | undefined },
  kit: RecoveryKit,
): void => {
  if (json) {
    const where = kitFile ? { recoveryKitFile: kitFile } : { recoveryKit: kit.text }
    printJson(host, { event: 'repository-created', repository: address, id, ...where })
    return
  }
  print(host, `Repository ${id} is made at ${safeText(address)}.`)
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
