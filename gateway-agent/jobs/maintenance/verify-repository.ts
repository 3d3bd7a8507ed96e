import type { JobOutcome } from '#core/contracts/jobs.ts'
import type {
  ReadBack,
  VerificationState,
  VerifyRepositorySpec,
} from '#core/contracts/maintenance.ts'
import { readBackDays } from '#core/maintenance/daily-share.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'
import type { CheckReport, Repository, VerificationSummary } from '#repository/index.ts'
import type { JobContext } from '../../control/leased-job.ts'
import { limits } from '../../limits.ts'

interface Options {
  repository: Pick<Repository, 'check'>
  store: MaintenanceStore
  context: JobContext
  clock: Clock
}

const WORDS = { points: 'reading recovery points', packs: 'reading packs', maps: 'reading maps' }

/** What the report of a job names at most (core/contracts/maintenance.ts). */
const AFFECTED = 1_000

/**
 * Looks for damage: the packs that were read longest ago first, so that repeated runs read everything.
 * @throws `STORE_*`; what was read until then is remembered in the repository
 */
export const verifyRepository = async (
  { level, share }: VerifyRepositorySpec,
  { repository, store, context, clock }: Options,
): Promise<JobOutcome> => {
  const days = readBackDays({ level, share })
  const report = await repository.check({
    level,
    ...(level === 1 && { sample: share }),
    maintenance: store,
    readBackSince: clock.now() - days * 86_400_000,
    onProgress: ({ step, done, total }) =>
      context.report({ phase: `${WORDS[step]}: ${done}${total > 0 ? ` of ${total}` : ''}` }),
    signal: context.signal,
  })
  return {
    status: 'verified',
    report: {
      at: clock.now(),
      level,
      points: report.points,
      packs: report.packs,
      packsRead: report.packsRead,
      bytesRead: report.bytesRead,
      damages: report.findings.length,
      findings: report.findings.slice(0, limits.notes).map(({ code, message }) => ({
        code,
        message: message.slice(0, limits.noteLength),
      })),
      affected: affectedPoints(report).slice(0, AFFECTED),
      state: stateOf(report.verification),
      ...(report.readBack && { readBack: readBackOf(report.readBack, days) }),
      ...(report.notRecorded !== undefined && {
        notRecorded: report.notRecorded.slice(0, limits.noteLength),
      }),
    },
  }
}

/** Points of which something, or nothing at all, can be read. */
const affectedPoints = ({ findings, unreadable }: CheckReport): string[] => {
  const partly = findings.flatMap(({ affected }) => affected.map(({ pointId }) => pointId))
  const wholly = unreadable.map(({ point }) => point.slice(point.lastIndexOf('/') + 1))
  return [...new Set([...partly, ...wholly])].sort()
}

const readBackOf = (
  { whole, overdue, named }: NonNullable<CheckReport['readBack']>,
  days: number,
): ReadBack => ({ days, whole, overdue, named })

const stateOf = (summary: VerificationSummary): VerificationState => {
  const { packs, bytes, never, damaged, oldest, newest } = summary
  return {
    ...{ packs, bytes, never, damaged },
    ...(oldest !== undefined && { oldest }),
    ...(newest !== undefined && { newest }),
  }
}
