import { Command } from 'commander'
import type { Program } from '../../command.ts'
import { withExamples } from '../../manual/examples.ts'
import { treeBackupCommand } from './backup.ts'
import { treeCompareCommand } from './compare.ts'
import { treeListCommand } from './list.ts'
import { treeRecoverCommand } from './recover.ts'
import { treeRestoreCommand } from './restore.ts'

/** In the order of `xenkeep tree --help`. */
const subcommands = [
  treeBackupCommand,
  treeListCommand,
  treeRestoreCommand,
  treeCompareCommand,
  treeRecoverCommand,
]

/** `xenkeep tree …`: folders in a repository, with its key alone: no settings, no catalog, no control plane. */
export const treeCommand = (program: Program): Command => {
  const tree = withExamples(
    new Command('tree').description(
      'back up and restore folders with a repository alone: only its address and its key are needed',
    ),
    [
      'xenkeep tree backup /etc --name etc --repository file:/srv/backups',
      'xenkeep tree list latest:etc --repository file:/srv/backups',
      'xenkeep tree restore latest:etc /srv/etc --repository file:/srv/backups',
    ],
  )
  for (const subcommand of subcommands) tree.addCommand(subcommand(program))
  return tree
}
