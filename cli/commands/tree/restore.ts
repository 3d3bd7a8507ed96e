import { Option } from 'commander'
import { action, type Program } from '../../command.ts'
import type { TreeRestoreOptions } from '../../tree/restore.ts'
import { newRepoCommand, withAsOf } from '../repo/new-repo-command.ts'
import { withOwners, withPart } from './part-options.ts'

/** `xenkeep tree restore POINT FOLDER`. JSON lines: `progress` {done, total}; at last `restored` {point, tree, folder, files, …, failed, leftOut, seconds}. */
export const treeRestoreCommand = (program: Program) =>
  withOwners(
    withPart(
      withAsOf(
        newRepoCommand(
          'restore',
          'restore a tree of files, or parts of it, with all attributes, into a folder',
          [
            'xenkeep tree restore latest:etc /srv/etc --repository file:/srv/backups',
            'xenkeep tree restore latest:all / --path home --existing keep --repository file:/srv/backups',
            'xenkeep tree restore latest:all found --pattern "*.odt" --owners none --repository file:/srv/all',
          ],
        ),
      ),
    ),
  )
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .argument('<folder>', 'where to; made if need be')
    .addOption(
      new Option('--existing <what>', 'where something else is there already')
        .choices(['fail', 'keep', 'replace'])
        .default('fail'),
    )
    .option('--verify', 'read everything again afterwards, here and in the repository, and compare')
    .action(
      action(
        program,
        async (session, point: string, folder: string, options: TreeRestoreOptions) => {
          const { restore } = await import('../../tree/restore.ts')
          return restore(session, [point, folder], options)
        },
      ),
    )
