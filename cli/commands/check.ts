import { Option } from 'commander'
import type { CheckOptions } from '../check/check.ts'
import { action, newCommand, type Program } from '../command.ts'
import { withOwnRepositoryOptions } from './own-repository-options.ts'

/**
 * `xenkeep check`. The engine is loaded when it is needed: other commands start twice as fast without it.
 * JSON lines: `progress` {step, done, total}; at last `ended` {repository, report: CheckReport, labels: names by UUID}.
 */
export const checkCommand = (program: Program) =>
  withOwnRepositoryOptions(
    newCommand('check', 'read the repository and report damage by VM, disk and place', [
      'xenkeep check',
      'xenkeep check --level 2                      # reads every stored byte',
      'xenkeep check --repository s3://bucket/prefix --passphrase-file /root/passphrase',
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
    .action(
      action(program, async (session, options: CheckOptions) => {
        const { check } = await import('../check/check.ts')
        return check(session, options)
      }),
    )
