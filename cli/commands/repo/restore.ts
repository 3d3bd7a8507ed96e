import { Option } from 'commander'
import { action, type Program } from '../../command.ts'
import type { RestoreOptions } from '../../repo/restore.ts'
import { newRepoCommand, withAsOf } from './new-repo-command.ts'

/** `xenkeep repo restore POINT DIR`. JSON lines: `progress` {done, total}; at last `restored` {point, directory, files, size, seconds}. */
export const repoRestoreCommand = (program: Program) =>
  withAsOf(
    newRepoCommand(
      'restore',
      'write all disks of a recovery point, and what describes it, to files',
      [
        'xenkeep repo restore latest:db-01 /srv/db-01 --repository file:/srv/backups',
        'xenkeep restore latest:db-01                   # into a pool, as a new VM',
      ],
    ),
  )
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .argument('<directory>', 'made if need be; has to be empty')
    .addOption(
      new Option('--format <format>', 'of the disks').choices(['raw', 'vhd']).default('raw'),
    )
    .action(
      action(
        program,
        async (session, point: string, directory: string, options: RestoreOptions) => {
          const { restore } = await import('../../repo/restore.ts')
          return restore(session, point, directory, options)
        },
      ),
    )
