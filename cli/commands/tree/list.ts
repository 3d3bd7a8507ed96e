import { action, type Program } from '../../command.ts'
import type { TreeListOptions } from '../../tree/list.ts'
import { newRepoCommand, withAsOf } from '../repo/new-repo-command.ts'
import { withPart } from './part-options.ts'

/** `xenkeep tree list POINT`. JSON lines: `entry` {path, type, size, modified, mode, …}; at last `listed` {point, tree, entries, bytes}. */
export const treeListCommand = (program: Program) =>
  withPart(
    withAsOf(
      newRepoCommand('list', 'list the files of a tree in a recovery point, or find some by name', [
        'xenkeep tree list latest:etc --repository file:/srv/backups',
        'xenkeep tree list latest:home --path ann/mail --repository file:/srv/backups',
        'xenkeep tree list latest:home --pattern "*.ods" --repository s3://bucket/prefix',
      ]),
    ),
  )
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .action(
      action(program, async (session, point: string, options: TreeListOptions) => {
        const { list } = await import('../../tree/list.ts')
        return list(session, point, options)
      }),
    )
