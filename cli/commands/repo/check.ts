import { Option } from 'commander'
import { action, type Program } from '../../command.ts'
import type { CheckOptions } from '../../repo/check.ts'
import { parseShare, parseSize } from '../../repo/check-share.ts'
import { newRepoCommand, withAsOf } from './new-repo-command.ts'

/** `xenkeep repo check`. JSON lines as `xenkeep check`: `progress`, at last `ended` {repository, report, labels}. */
export const repoCheckCommand = (program: Program) =>
  withAsOf(
    newRepoCommand('check', 'read the repository and report damage by VM, disk and place', [
      'xenkeep repo check --repository file:/srv/backups',
      'xenkeep repo check --repository s3://bucket/prefix --level 2   # reads every stored byte',
      'xenkeep repo check --repository s3://bucket/prefix --sample 5%  # all of it in 20 nights',
      'xenkeep repo check --repository file:/srv/backups --heal --replica s3://bucket/copy',
    ]),
  )
    .addOption(
      new Option(
        '--level <n>',
        '0: listing and sizes; 1: every map, and a sample of the data; 2: all data',
      )
        .choices(['0', '1', '2'])
        .default('1'),
    )
    .option(
      '--sample <share>',
      'of the packs, for level 1, those read longest ago first: 5%',
      parseShare,
    )
    .option('--without-key', 'at level 0: only names, lengths and checksums, by whoever has no key')
    .option(
      '--heal',
      'put back what is damaged, from older versions or --replica; takes the rights to write and remove',
    )
    .option('--replica <address>', 'also tell which points can be restored from this copy alone')
    .option('--replica-endpoint <url>', 'of the copy, where its store speaks S3')
    .option('--replica-region <name>', 'of the bucket of the copy')
    .option('--limit <size>', 'what level 1 reads, at most: 10GiB', parseSize)
    .action(
      action(program, async (session, options: CheckOptions) => {
        const { check } = await import('../../repo/check.ts')
        return check(session, options)
      }),
    )
