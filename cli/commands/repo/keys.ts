import { Command, Option } from 'commander'
import { action, type Program } from '../../command.ts'
import { withExamples } from '../../manual/examples.ts'
import type { NewPassphraseOptions } from '../../repo/keys/add.ts'
import type { ListOptions } from '../../repo/keys/list.ts'
import type { RecoveryKitOptions } from '../../repo/keys/new-recovery-kit.ts'
import type { ShredOptions } from '../../repo/keys/shred.ts'
import type { RepositoryOptions } from '../../repo/open.ts'
import { newPlaceCommand, newRepoCommand } from './new-repo-command.ts'

const withNewPassphrase = (command: Command): Command =>
  command
    .option(
      '--new-passphrase-file <file>',
      'file with the new passphrase; XENKEEP_NEW_PASSPHRASE comes first',
    )
    .addOption(
      new Option(
        '--slot <kind>',
        'how guessing is made expensive (default: as the passphrase that is changed, else scrypt)',
      ).choices(['scrypt', 'argon2id']),
    )

/** JSON: {repository, id, epoch, slots: [{name, kind, state, parameters, made, lock}], data: {epochs: [{epoch, packs, bytes, points}], unknown}}. */
const listCommand = (program: Program) =>
  newRepoCommand('list', 'show what opens the repository; needs no key', [
    'xenkeep repo keys list --repository file:/srv/backups',
    'xenkeep repo keys list --by-epoch --repository file:/srv/backups   # which data, which epoch',
  ])
    .option(
      '--by-epoch',
      'also count what is stored by key epoch: opens the repository, reads its index',
    )
    .action(
      action(program, async (session, options: ListOptions) => {
        const { list } = await import('../../repo/keys/list.ts')
        return list(session, options)
      }),
    )

/** JSON: {repository, id, slot}. */
const addPassphraseCommand = (program: Program) =>
  withNewPassphrase(
    newRepoCommand('add-passphrase', 'let one more passphrase open the repository', [
      'xenkeep repo keys add-passphrase --repository file:/srv/backups',
    ]),
  ).action(
    action(program, async (session, options: NewPassphraseOptions) => {
      const { addPassphrase } = await import('../../repo/keys/add.ts')
      return addPassphrase(session, options)
    }),
  )

/** JSON: {repository, id, slot}. */
const addKmsCommand = (program: Program) =>
  newRepoCommand('add-kms', 'let a key of AWS KMS open the repository', [
    'xenkeep repo keys add-kms arn:aws:kms:REGION:ACCOUNT:key/ID --repository s3://bucket/prefix',
  ])
    .argument('<key>', 'its ARN; symmetric, for ENCRYPT_DECRYPT')
    .action(
      action(program, async (session, key: string, options: RepositoryOptions) => {
        const { addKms } = await import('../../repo/keys/add.ts')
        return addKms(session, key, options)
      }),
    )

/** JSON: {repository, id, added, retired, others, problem}. */
const changePassphraseCommand = (program: Program) =>
  withNewPassphrase(
    newRepoCommand(
      'change-passphrase',
      'add a new passphrase and retire the one it is opened with; retiring takes the right to remove versions',
      [
        'xenkeep repo keys change-passphrase --repository file:/srv/backups',
        'xenkeep repo keys change-passphrase --recovery-key-file kit.txt --repository file:/srv/backups',
      ],
    ),
  ).action(
    action(program, async (session, options: NewPassphraseOptions) => {
      const { changePassphrase } = await import('../../repo/keys/change-passphrase.ts')
      return changePassphrase(session, options)
    }),
  )

/** JSON: {repository, id, retired}. */
const retireCommand = (program: Program) =>
  newRepoCommand(
    'retire',
    'remove a key slot; open with the key of another one, which has to stay',
    ['xenkeep repo keys retire 00000001.scrypt --repository file:/srv/backups'],
  )
    .argument('<slot>', 'its whole name, as the list shows it')
    .action(
      action(program, async (session, slot: string, options: RepositoryOptions) => {
        const { retire } = await import('../../repo/keys/retire.ts')
        return retire(session, slot, options)
      }),
    )

/** JSON: {repository, id, slot, older, recoveryKit | recoveryKitFile}. */
const newRecoveryKitCommand = (program: Program) =>
  newRepoCommand('new-recovery-kit', 'make one more recovery key, and show its kit once', [
    'xenkeep repo keys new-recovery-kit --recovery-kit-file /media/usb/kit.txt \\\n      --repository file:/srv/backups',
  ])
    .option('--recovery-kit-file <file>', 'write the recovery kit to this new file (mode 0600)')
    .action(
      action(program, async (session, options: RecoveryKitOptions) => {
        const { newRecoveryKit } = await import('../../repo/keys/new-recovery-kit.ts')
        return newRecoveryKit(session, options)
      }),
    )

/** JSON: {repository, id, epoch}. */
const rotateCommand = (program: Program) =>
  newRepoCommand('rotate', 'begin a new key epoch for new data', [
    'xenkeep repo keys rotate --repository file:/srv/backups',
  ]).action(
    action(program, async (session, options: RepositoryOptions) => {
      const { rotate } = await import('../../repo/keys/rotate.ts')
      return rotate(session, options)
    }),
  )

/** JSON: {repository, id, slots, versions, kmsKeys}. */
const shredCommand = (program: Program) =>
  newPlaceCommand('shred', 'destroy all key slots: nobody can ever read the backups again', [
    'xenkeep repo keys list --repository file:/srv/backups              # shows the id',
    'xenkeep repo keys shred --confirm ID --repository file:/srv/backups',
  ])
    .requiredOption(
      '--confirm <id>',
      'the id of the repository, 32 hex digits; there is no way back',
    )
    .action(
      action(program, async (session, options: ShredOptions) => {
        const { shred } = await import('../../repo/keys/shred.ts')
        return shred(session, options)
      }),
    )

/** In the order of `xenkeep repo keys --help`. */
const subcommands = [
  listCommand,
  addPassphraseCommand,
  addKmsCommand,
  changePassphraseCommand,
  retireCommand,
  newRecoveryKitCommand,
  rotateCommand,
  shredCommand,
]

/** `xenkeep repo keys …`: what opens a repository, and with which keys new data is encrypted. */
export const keysCommand = (program: Program): Command => {
  const keys = withExamples(
    new Command('keys').description(
      'passphrases, KMS keys and recovery kits that open the repository; key epochs; shredding',
    ),
    ['xenkeep repo keys list --repository file:/srv/backups'],
  )
  for (const subcommand of subcommands) keys.addCommand(subcommand(program))
  return keys
}
