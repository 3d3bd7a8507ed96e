import { Command } from 'commander'
import { withExamples } from '../../manual/examples.ts'
import { parseAsOf } from '../../repo/as-of.ts'

/** A new subcommand of `xenkeep repo` with the options that name the repository and open it. */
export const newRepoCommand = (
  name: string,
  description: string,
  examples: readonly string[],
): Command =>
  newPlaceCommand(name, description, examples)
    .option('--passphrase-file <file>', 'file with the passphrase; XENKEEP_PASSPHRASE comes first')
    .option(
      '--recovery-key-file <file>',
      'open with the recovery key (or kit) in this file instead',
    )
    .option(
      '--kms [arn]',
      'open with this key of AWS KMS instead; without a name with the one that the slot names, for reading only',
    )

/** One that only names it. */
export const newPlaceCommand = (
  name: string,
  description: string,
  examples: readonly string[],
): Command =>
  withExamples(new Command(name), examples)
    .description(description)
    .requiredOption('--repository <address>', 'file:DIR or s3://BUCKET/PREFIX')
    .option('--endpoint <url>', 'of a store that speaks S3, such as https://s3.example.com:9000')
    .option('--region <name>', 'of the bucket (default: that of the AWS environment)')
    .option('--path-style', 'bucket in the path, not in the host name (default with --endpoint)')
    .option('--no-path-style', 'bucket in the host name, also with --endpoint')
    .option('--json', 'machine-readable output: JSON on standard output, nothing else there')

/** Gives a command that only reads the option to read the repository as it was. */
export const withAsOf = (command: Command): Command =>
  command.option(
    '--as-of <time>',
    'as it was then, whatever was written, overwritten or deleted since; needs a store with versions',
    text => parseAsOf(text, Date.now()),
  )
