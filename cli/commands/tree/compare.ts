import { action, type Program } from '../../command.ts'
import type { TreeCompareOptions } from '../../tree/compare.ts'
import { newRepoCommand, withAsOf } from '../repo/new-repo-command.ts'
import { withOwners, withPart } from './part-options.ts'

/** `xenkeep tree compare POINT FOLDER`. JSON lines: `difference` {path, what, members}; at last `compared` {point, tree, folder, compared, different, damaged}. */
export const treeCompareCommand = (program: Program) =>
  withOwners(
    withPart(
      withAsOf(
        newRepoCommand('compare', 'tell what differs between a tree of a point and a folder', [
          'xenkeep tree compare latest:etc /etc --repository file:/srv/backups',
          'xenkeep tree compare latest:etc /etc --content --repository file:/srv/backups',
        ]),
      ),
    ),
  )
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .argument('<folder>', 'what it is compared with; nothing there is changed')
    .option('--content', 'also read what files of equal size hold')
    .action(
      action(
        program,
        async (session, point: string, folder: string, options: TreeCompareOptions) => {
          const { compare } = await import('../../tree/compare.ts')
          return compare(session, [point, folder], options)
        },
      ),
    )
