import type { CheckLevel } from '#repository/index.ts'
import { damageLabels } from '../check/labels.ts'
import { checkLines, checkProgress } from '../check/report-lines.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { stoppable } from '../stoppable.ts'
import { type RepositoryOptions, withRepository } from './open.ts'

export interface CheckOptions extends RepositoryOptions {
  level: string
}

/** @returns `damaged` when anything was found */
export const check = (session: Session, options: CheckOptions): Promise<ExitCode> =>
  stoppable(session.host, signal =>
    withRepository(session, options, async repository => {
      const { host, json } = session
      const progress = checkProgress(host, json)
      const report = await repository.check({
        level: Number(options.level) as CheckLevel,
        // The past cannot be written to.
        record: options.asOf === undefined,
        onProgress: progress.update,
        signal,
      })
      progress.end()
      const labels = await damageLabels(repository, report)
      const { address } = repository.store
      if (json)
        printJson(host, {
          event: 'ended',
          repository: address,
          report,
          labels: Object.fromEntries(labels),
        })
      else print(host, ...checkLines(address, report, labels))
      return report.findings.length === 0 ? ExitCode.ok : ExitCode.damaged
    }),
  )
