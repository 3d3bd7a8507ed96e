import { Option } from 'commander'
import { action, type Program } from '../../command.ts'
import type { ExportOptions } from '../../repo/export.ts'
import { newRepoCommand } from './new-repo-command.ts'

/** `xenkeep repo export POINT`. JSON lines: `progress` {done, total}; at last `exported` {point, disk, format, file, size, seconds}. */
export const exportCommand = (program: Program) =>
  newRepoCommand('export', 'write a disk of a recovery point to a file', [
    'xenkeep repo export latest:disk --repository file:/srv/backups -o disk.raw',
    'xenkeep repo export latest:db-01 --disk 1 --repository file:/srv/backups -o - | xz > data.xz',
  ])
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .requiredOption('-o, --output <file>', 'where to; - is standard output')
    .addOption(new Option('--format <format>', 'of the file').choices(['raw']).default('raw'))
    .option('--disk <disk>', 'which one, where the point has several: its number, or its id')
    .option('--force', 'replace a file that exists')
    .action(
      action(program, async (session, point: string, options: ExportOptions) => {
        const { exportPoint } = await import('../../repo/export.ts')
        return exportPoint(session, point, options)
      }),
    )
