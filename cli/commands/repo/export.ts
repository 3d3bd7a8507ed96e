import { Option } from 'commander'
import { action, type Program } from '../../command.ts'
import type { ExportOptions } from '../../repo/export.ts'
import { newRepoCommand, withAsOf } from './new-repo-command.ts'

/**
 * `xenkeep repo export POINT`. JSON lines: `progress` {done, total}; at last `exported` {point, disks or stream, format, file, size, seconds,
 * notes}.
 */
export const exportCommand = (program: Program) =>
  withAsOf(
    newRepoCommand(
      'export',
      'write a disk or a stream of a recovery point, or the whole VM, to a file',
      [
        'xenkeep repo export latest:disk --repository file:/srv/backups -o disk.raw',
        'xenkeep repo export latest:db-01 --format xva --repository file:/srv/backups -o db-01.xva',
        'xenkeep repo export latest:shop --stream shop.dump --repository file:/srv/backups -o shop.dump',
        'xenkeep repo export latest:db-01 --disk 1 --repository file:/srv/backups -o - | xz > data.xz',
      ],
    ),
  )
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .requiredOption('-o, --output <file>', 'where to; - is standard output')
    .addOption(
      new Option(
        '--format <format>',
        'raw: sparse image; vhd: dynamic image; xva: the whole VM, for the import of a XenServer',
      )
        .choices(['raw', 'vhd', 'xva'])
        .default('raw'),
    )
    .option('--stream <name>', 'a stream instead of a disk, byte for byte')
    .option('--disk <disk>', 'which one, where the point has several: its number, or its id')
    .addOption(
      new Option(
        '--checksum <kind>',
        'in an XVA; sha1 for hosts before Citrix Hypervisor 8.1, which know no other',
      )
        .choices(['xxhash', 'sha1'])
        .default('xxhash'),
    )
    .option('--force', 'replace a file that exists')
    .action(
      action(program, async (session, point: string, options: ExportOptions) => {
        const { exportPoint } = await import('../../repo/export.ts')
        return exportPoint(session, point, options)
      }),
    )
