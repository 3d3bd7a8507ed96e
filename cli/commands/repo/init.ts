import { Option } from 'commander'
import { action, type Program } from '../../command.ts'
import type { InitOptions } from '../../repo/init.ts'
import { newRepoCommand } from './new-repo-command.ts'

/** `xenkeep repo init`. JSON: `{"event":"repository-created", repository, id, recoveryKit | recoveryKitFile}`. */
export const initCommand = (program: Program) =>
  newRepoCommand('init', 'make a repository in an empty place, and show its recovery kit once', [
    'xenkeep repo init --repository file:/srv/backups --recovery-kit-file /media/usb/kit.txt',
    'xenkeep repo init --repository s3://bucket/prefix --endpoint https://s3.example.com:9000',
    'xenkeep repo init --kms arn:aws:kms:REGION:ACCOUNT:key/ID --repository s3://bucket/prefix',
  ])
    .addOption(
      new Option(
        '--slot <kind>',
        'what the repository opens with: a passphrase, by scrypt (default) or argon2id, or the key of --kms',
      ).choices(['scrypt', 'argon2id', 'kms']),
    )
    .option('--recovery-kit-file <file>', 'write the recovery kit to this new file (mode 0600)')
    .action(
      action(program, async (session, options: InitOptions) => {
        const { init } = await import('../../repo/init.ts')
        return init(session, options)
      }),
    )
