import type { CheckLevel } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { type OwnRepositoryOptions, withOwnRepository } from '../own-repository.ts'
import { stoppable } from '../stoppable.ts'
import { damageLabels } from './labels.ts'
import { checkLines, checkProgress } from './report-lines.ts'
import { verificationLines } from './verification-lines.ts'

export interface CheckOptions extends OwnRepositoryOptions {
  level: string
}

/** Opens the repository directly, without control plane or gateway, and reads it. */
export const check = (session: Session, options: CheckOptions): Promise<ExitCode> =>
  stoppable(session.host, signal =>
    withOwnRepository(session, options, async (repository, store) => {
      const { host, json } = session
      const progress = checkProgress(host, json)
      const report = await repository.check({
        level: Number(options.level) as CheckLevel,
        onProgress: progress.update,
        signal,
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
    }),
  )
