import type { CheckLevel } from '#repository/index.ts'
import { damageLabels } from '../check/labels.ts'
import { checkLines, checkProgress } from '../check/report-lines.ts'
import { verificationLines } from '../check/verification-lines.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { stoppable } from '../stoppable.ts'
import { checkWithoutKey } from './check-listing.ts'
import { healingLines } from './healing-lines.ts'
import { openReplica, type RepositoryOptions, withDisksOf, withRepository } from './open.ts'
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
  heal?: true
  withoutKey?: true
}

/** @returns `damaged` when anything was found and not healed, `partly` when not every point can be restored from the replica */
export const check = (session: Session, options: CheckOptions): Promise<ExitCode> => {
  const { sample, limit, asOf } = options
  if (options.level !== '1' && (sample !== undefined || limit !== undefined))
    throw new UsageError('--sample and --limit choose what level 1 reads; leave them out.')
  if (options.heal && asOf !== undefined)
    throw new UsageError('The past cannot be healed; leave out --heal or --as-of.')
  if (options.withoutKey) {
    const more = [options.heal, options.replica, asOf].some(option => option !== undefined)
    if (options.level !== '0' || more)
      throw new UsageError('Without a key there is --level 0 only, as the repository is now.')
    return checkWithoutKey(session, options)
  }
  const withAll = options.level === '0' ? withRepository : withDisksOf
  return stoppable(session.host, signal =>
    withAll(session, options, async (repository, store) => {
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
      const copy =
        options.replica === undefined ? undefined : await openReplica(options.replica, options)
      const healing = options.heal
        ? await repository.heal({
            store,
            replica: copy,
            objects: report.findings.map(({ object }) => object),
            borrowed: report.borrowed,
            signal,
          })
        : undefined
      const replica =
        copy &&
        (await repository.checkReplica({ replica: copy, onProgress: progress.update, signal }))
      progress.end()
      const labels = await damageLabels(repository, report)
      const { address } = repository.store
      if (json)
        printJson(host, {
          event: 'ended',
          repository: address,
          report,
          labels: Object.fromEntries(labels),
          ...(healing && { healing }),
          ...(replica && { replica }),
        })
      else
        print(
          host,
          ...checkLines(address, report, labels),
          ...verificationLines(report.verification, { now: host.now(), time: host.time }),
          ...(healing ? healingLines(healing) : []),
          ...(replica ? replicaLines(replica, host.time) : []),
        )
      const healed = new Set(healing?.healed.map(({ object }) => object))
      if (report.findings.some(({ object }) => !healed.has(object))) return ExitCode.damaged
      const behind = replica?.points.some(({ state }) => state !== 'restorable')
      return behind ? ExitCode.partly : ExitCode.ok
    }),
  )
}
