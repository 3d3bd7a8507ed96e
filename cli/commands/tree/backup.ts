import { action, type Program } from '../../command.ts'
import { parseSize } from '../../repo/check-share.ts'
import type { TreeBackupOptions } from '../../tree/backup.ts'
import { lockPolicy } from '../arguments.ts'
import { newRepoCommand } from '../repo/new-repo-command.ts'
import { more } from './part-options.ts'

/** `xenkeep tree backup FOLDER`. JSON lines: `progress` {entries, bytes}; at last `saved` {point, base, name, report, bytesNew, bytesStored, puts, seconds}. */
export const treeBackupCommand = (program: Program) =>
  newRepoCommand('backup', 'save a folder as a recovery point; what did not change is not read', [
    'xenkeep tree backup /etc --name etc --repository file:/srv/backups',
    'xenkeep tree backup / --name all --one-file-system --exclude /tmp --repository file:/srv/all',
  ])
    .argument('<folder>', 'with all that is in it')
    .requiredOption('--name <name>', 'what its recovery points are found by')
    .option(
      '--exclude <pattern>',
      'leave out what fits, as in .gitignore; may be given again',
      more,
    )
    .option('--include <pattern>', 'only what fits, as in .gitignore; may be given again', more)
    .option('--one-file-system', 'what is mounted below is an empty folder in the point')
    .option('--max-file-size <size>', 'leave out larger files, and name them: 10GiB', parseSize)
    .option('--reread', 'read every file, whether it changed or not')
    .option(
      '--lock <mode:days>',
      'lock the point, as in governance:30; a store that cannot gets no point',
      lockPolicy,
    )
    .action(
      action(program, async (session, folder: string, options: TreeBackupOptions) => {
        const { backup } = await import('../../tree/backup.ts')
        return backup(session, folder, options)
      }),
    )
