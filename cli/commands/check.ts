import { Option } from 'commander'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { readSettings } from '#gateway-agent/settings.ts'
import { type CheckLevel, openRepository } from '#repository/index.ts'
import { damageLabels } from '../check/labels.ts'
import { checkLines, checkProgress } from '../check/lines.ts'
import { action, newCommand, type Program, type Session } from '../command.ts'
import { files } from '../data-directory.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { findPassphrase } from '../setup/passphrase.ts'

interface Options {
  level: string
  repository?: string
  passphraseFile?: string
}

/**
 * `xenkeep check`: opens the repository directly, without control plane or gateway, and reads it.
 * JSON lines: `progress` {step, done, total}; at last `ended` {repository, report: CheckReport, labels: names by UUID}.
 */
export const checkCommand = (program: Program) =>
  newCommand('check', 'read the repository and report damage by VM, disk and place', [
    'xenkeep check',
    'xenkeep check --level 2                      # reads every stored byte',
    'xenkeep check --repository s3://bucket/prefix --passphrase-file /root/passphrase',
  ])
    .addOption(
      new Option(
        '--level <n>',
        '0: listing and sizes; 1: every map, and a sample of the data; 2: all data',
      )
        .choices(['0', '1', '2'])
        .default('1'),
    )
    .option(
      '--repository <address>',
      'file:DIR or s3://BUCKET/PREFIX (default: that of the settings)',
    )
    .option(
      '--passphrase-file <file>',
      'default: that of the settings; XENKEEP_PASSPHRASE comes first',
    )
    .action(action(program, check))

const check = async (session: Session, options: Options): Promise<ExitCode> => {
  const { host, json } = session
  const { address, passphraseFile } = await whereItIs(session, options)
  const store = await openObjectStore(address)
  const passphrase = await findPassphrase(host, session.dataDir, passphraseFile)
  const stop = new AbortController()
  const stopListening = host.onStop(({ signal }) => stop.abort(new Error(signal)))
  const common = { store, clock: systemClock, random: systemRandom }
  const repository = await openRepository({ ...common, unlock: { passphrase } })
  try {
    const progress = checkProgress(host, json)
    const report = await repository.check({
      level: Number(options.level) as CheckLevel,
      onProgress: progress.update,
      signal: stop.signal,
    })
    progress.end()
    const labels = await damageLabels(repository, report)
    if (json)
      printJson(host, {
        event: 'ended',
        repository: store.address,
        report,
        labels: Object.fromEntries(labels),
      })
    else print(host, ...checkLines(store.address, report, labels))
    return report.findings.length === 0 ? ExitCode.ok : ExitCode.damaged
  } catch (error) {
    if (stop.signal.aborted) return ExitCode.interrupted
    throw error
  } finally {
    stopListening()
    await repository.close()
  }
}

/** From the options, or else from the settings of the data directory. */
const whereItIs = async (
  { dataDir }: Session,
  { repository, passphraseFile }: Options,
): Promise<{ address: string; passphraseFile: string | undefined }> => {
  if (repository) return { address: repository, passphraseFile }
  const settings = await readSettings(dataDir)
  return {
    address: settings.repository.address ?? `file:${files(dataDir).repository}`,
    passphraseFile: passphraseFile ?? settings.gateway.passphraseFile,
  }
}
