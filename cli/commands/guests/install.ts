import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Settings } from '#core/contracts/settings.ts'
import { SettingsInvalidError } from '#core/errors/settings.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { files } from '../../data-directory.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { writePrivateFile } from '../../setup/private-file.ts'
import { unitText } from './systemd-unit.ts'

interface InstallOptions {
  name: string
  control: string
  repository: string
  passphraseFile?: string
  kmsKey?: string
  recipe?: string[]
  gateway?: string
  fingerprint?: string
  mount?: string[]
}

const several = (value: string, before: string[] = []): string[] => [...before, value]
const AGENT = fileURLToPath(new URL('../../../gateway-agent/main.ts', import.meta.url))

/** `xenkeep guests install`, in the guest itself. JSON: `{"settings":…,"unit":…}`. */
export const installGuestCommand = (program: Program) =>
  newCommand(
    'install',
    'in a guest: write the settings of its agent, and print a unit of systemd',
    [
      'xenkeep guests install --data /var/lib/xenkeep --name db-01 \\\n    --control https://xenkeep.example.org \\\n    --repository s3://backups/main --passphrase-file /etc/xenkeep/passphrase --recipe postgresql',
      'xenkeep guests install --name db-01 --control https://xenkeep.example.org \\\n    --repository s3://backups/main --kms-key arn:aws:kms:eu-central-1:1:key/a \\\n    --gateway https://gateway.example.org:8721 --fingerprint 9F…:3A \\\n    --mount /var/lib/postgresql',
    ],
  )
    .requiredOption('--name <name>', 'what it is called')
    .requiredOption('--control <url>', 'where the control plane answers')
    .requiredOption('--repository <address>', 's3://bucket/prefix, or file:/ and a directory')
    .option('--passphrase-file <file>', 'file with the passphrase of the repository (mode 0600)')
    .option('--kms-key <arn>', 'opens the repository instead of a passphrase')
    .option('--recipe <name>', 'a recipe that may save something here; may be given again', several)
    .option('--gateway <url>', 'of the gateway that may ask this machine to hold still')
    .option('--fingerprint <hex>', 'SHA-256 fingerprint of the certificate of that gateway')
    .option('--mount <path>', 'a mount point that may be frozen; may be given again', several)
    .action(
      action(program, async (session, options: InstallOptions) => {
        const { settings: path } = files(session.dataDir)
        if (existsSync(path))
          throw new UsageError(
            `${path} is there already, and was left as it is.`,
            'Change it by hand, or name another --data directory.',
          )
        const settings = settingsOf(options)
        const parsed = Settings.safeParse(settings)
        if (!parsed.success) {
          const [issue] = parsed.error.issues
          throw new SettingsInvalidError(path, `${issue?.path.join('.')}: ${issue?.message}.`)
        }
        await writePrivateFile(path, `${JSON.stringify(settings, null, 2)}\n`)
        const unit = unitText({
          ...{ node: process.execPath, agent: AGENT, dataDir: session.dataDir },
          mounts: options.mount ?? [],
        })
        answer(session, { settings: path, unit }, () => [
          `The settings of this guest stand in ${path}. Its agent does what stands there, and nothing else.`,
          'For /etc/systemd/system/xenkeep-guest.service:',
          '',
          ...unit.split('\n'),
          'Then: "systemctl daemon-reload && systemctl enable --now xenkeep-guest". It waits for a code of "xenkeep guests enrol" in the file "enrolment-code" of the folder "gateway" in its data directory.',
        ])
        return ExitCode.ok
      }),
    )

/** A recipe may save here, not restore: that is written into the file when it is wanted. */
const settingsOf = (options: InstallOptions) => {
  const { name, control, repository, passphraseFile, kmsKey, gateway, fingerprint } = options
  const { recipe = [], mount = [] } = options
  if ((gateway === undefined) !== (fingerprint === undefined) || (mount.length > 0 && !gateway))
    throw new UsageError(
      'Holding still needs --gateway, --fingerprint and --mount together.',
      'Leave them out where this machine is not to be held still.',
    )
  return {
    repository: { address: repository },
    guest: {
      ...{ name, controlUrl: control },
      ...(passphraseFile !== undefined && { passphraseFile }),
      ...(kmsKey !== undefined && { kmsKey }),
      recipes: Object.fromEntries(recipe.map(one => [one, { phases: ['capture'] }])),
      ...(gateway !== undefined && { freeze: { gateway, fingerprint, mounts: mount } }),
    },
  }
}
