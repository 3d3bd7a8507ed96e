import { action, type Program } from '../../command.ts'
import type { RecoverOptions } from '../../recover/recover.ts'
import { newRepoCommand, withAsOf } from '../repo/new-repo-command.ts'
import { more } from './part-options.ts'

/** `xenkeep tree recover POINT DISK…`. JSON lines: `plan` {…}; `step` {text}; `progress` {done, total}; at last `recovered` {point, whole, trees, seconds}. */
export const treeRecoverCommand = (program: Program) =>
  withAsOf(
    newRepoCommand(
      'recover',
      'make a Linux machine anew on empty disks, from a point of the recipe "linux-system"',
      [
        'xenkeep tree recover latest:web /dev/vda --dry-run --repository s3://bucket/prefix',
        'xenkeep tree recover latest:web /dev/vda --repository s3://bucket/prefix',
        'xenkeep tree recover latest:web web.img --overwrite web.img --repository file:/srv/backups',
      ],
    ),
  )
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .argument(
      '<disks...>',
      'empty block devices, or files as large as a disk: one for each disk that it had',
    )
    .option('--dry-run', 'show what would be done, and change nothing')
    .option(
      '--overwrite <disk>',
      'all that is on this disk may be lost: its name once more; may be given again',
      more,
    )
    .option('--no-boot-loader', 'the machine need not start by itself: leave the boot loader out')
    .action(
      action(program, async (session, point: string, disks: string[], options: RecoverOptions) => {
        const { recover } = await import('../../recover/recover.ts')
        return recover(session, [point, disks], options)
      }),
    )
