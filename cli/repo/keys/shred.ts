import { shredRepository } from '#repository/index.ts'
import { answer, type Session } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import { count } from '../../output/units.ts'
import { openStore, type RepositoryOptions, world } from '../open.ts'

export interface ShredOptions extends RepositoryOptions {
  /** id of the repository */
  confirm: string
}

/** Needs no key: whoever may remove versions can do this anyway. */
export const shred = async (
  session: Session,
  { confirm, ...options }: ShredOptions,
): Promise<ExitCode> => {
  const store = await openStore(options)
  const done = await shredRepository({ ...world, store, confirmed: confirm.trim().toLowerCase() })
  const { repositoryId: id, slots, versions, kmsKeys } = done
  answer(session, { repository: store.address, id, slots, versions, kmsKeys }, () => [
    `Repository ${id} at ${safeText(store.address)} is shredded: ${count(slots.length, 'key slot')} destroyed, ${count(versions, 'version')} of objects removed.`,
    'What you still have to do, as far as it applies:',
    '  - stop gateways that have it open: they keep its keys in memory until they end',
    '  - destroy the copies of its keys/ folder: replicas, backups of the bucket, snapshots of the file system',
    ...kmsKeys.map(
      key =>
        `  - where such copies remain, delete the KMS key, if nothing else needs it: aws kms schedule-key-deletion --key-id ${safeText(key)}`,
    ),
    '  - remove the other objects whenever you like: nobody can read them',
  ])
  return ExitCode.ok
}
