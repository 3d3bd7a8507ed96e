import type { Command } from 'commander'

/** For commands that open the repository of the data directory themselves. */
export const withOwnRepositoryOptions = (command: Command): Command =>
  command
    .option(
      '--repository <address>',
      'file:DIR or s3://BUCKET/PREFIX (default: that of the settings)',
    )
    .option(
      '--passphrase-file <file>',
      'default: that of the settings; XENKEEP_PASSPHRASE comes first',
    )
