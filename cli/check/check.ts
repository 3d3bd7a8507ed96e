import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { GatewaySettings } from '#core/contracts/settings.ts'
import { readSettings } from '#gateway-agent/settings.ts'
import { unlockFor } from '#gateway-agent/unlock.ts'
import { type CheckLevel, openRepository } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { files } from '../data-directory.ts'
import { NotSetUpError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { findPassphrase } from '../setup/passphrase.ts'
import { damageLabels } from './labels.ts'
import { checkLines, checkProgress } from './report-lines.ts'
import { verificationLines } from './verification-lines.ts'

export interface CheckOptions {
  level: string
  repository?: string
  passphraseFile?: string
}

/** Opens the repository directly, without control plane or gateway, and reads it. */
export const check = async (session: Session, options: CheckOptions): Promise<ExitCode> => {
  const { host, json } = session
  const { address, gateway } = await whereItIs(session, options)
  const store = await openObjectStore(address)
  const unlock = gateway.kmsKey
    ? await unlockFor(session.dataDir, gateway, host.env)
    : { passphrase: await findPassphrase(host, session.dataDir, gateway.passphraseFile) }
  const stop = new AbortController()
  const stopListening = host.onStop(({ signal }) => stop.abort(new Error(signal)))
  const common = { store, clock: systemClock, random: systemRandom }
  const repository = await openRepository({ ...common, unlock })
  try {
    const progress = checkProgress(host, json)
    const report = await repository.check({
      level: Number(options.level) as CheckLevel,
      onProgress: progress.update,
      signal: stop.signal,
      maintenance: store,
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
    else
      print(
        host,
        ...checkLines(store.address, report, labels),
        ...verificationLines(report.verification, { now: host.now(), time: host.time }),
      )
    return report.findings.length === 0 ? ExitCode.ok : ExitCode.damaged
  } catch (error) {
    if (stop.signal.aborted) return ExitCode.interrupted
    throw error
  } finally {
    stopListening()
    await repository.close()
  }
}

/** From the options, or else from the settings of the data directory. @throws `NOT_SET_UP`, `SETTINGS_INVALID` */
const whereItIs = async (
  { dataDir }: Session,
  { repository, passphraseFile }: CheckOptions,
): Promise<{ address: string; gateway: GatewaySettings }> => {
  const given = passphraseFile === undefined ? undefined : resolve(passphraseFile)
  const own = GatewaySettings.parse(given === undefined ? {} : { passphraseFile: given })
  if (repository) return { address: repository, gateway: own }
  if (!existsSync(files(dataDir).settings)) throw new NotSetUpError(dataDir)
  const settings = await readSettings(dataDir)
  return {
    address: settings.repository.address ?? `file:${files(dataDir).repository}`,
    gateway: given === undefined ? settings.gateway : own,
  }
}
