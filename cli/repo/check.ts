import type { CheckLevel } from '#repository/index.ts'
import { damageLabels } from '../check/labels.ts'
import { checkLines, checkProgress } from '../check/report-lines.ts'
import { verificationLines } from '../check/verification-lines.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { stoppable } from '../stoppable.ts'
import { openReplica, type RepositoryOptions, withRepository } from './open.ts'
import { replicaLines } from './replica-lines.ts'

export interface CheckOptions extends RepositoryOptions {
  level: string
  /** of the packs, up to 1 */
  sample?: number
  /** bytes */
  limit?: number
  /** address of a store */
  replica?: string
  replicaEndpoint?: string
  replicaRegion?: string
}

/** @returns `damaged` when anything was found, `partly` when not every point can be restored from the replica */
export const check = (session: Session, options: CheckOptions): Promise<ExitCode> => {
  const { sample, limit, asOf } = options
  if (options.level !== '1' && (sample !== undefined || limit !== undefined))
    throw new UsageError('--sample and --limit choose what level 1 reads; leave them out.')
  return stoppable(session.host, signal =>
    withRepository(session, options, async (repository, store) => {
      const { host, json } = session
      const progress = checkProgress(host, json)
      const report = await repository.check({
        level: Number(options.level) as CheckLevel,
        sample,
        limit,
        // The past cannot be written to.
        record: asOf === undefined,
        maintenance: store,
        onProgress: progress.update,
        signal,
      })
      const replica =
        options.replica === undefined
          ? undefined
          : await repository.checkReplica({
              replica: await openReplica(options.replica, options),
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
          ...(replica && { replica }),
        })
      else
        print(
          host,
          ...checkLines(address, report, labels),
          ...verificationLines(report.verification, { now: host.now(), time: host.time }),
          ...(replica ? replicaLines(replica, host.time) : []),
        )
      if (report.findings.length > 0) return ExitCode.damaged
      const behind = replica?.points.some(({ state }) => state !== 'restorable')
      return behind ? ExitCode.partly : ExitCode.ok
    }),
  )
}
