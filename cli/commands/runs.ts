import type { RunView } from '#core/contracts/runs-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { fetchRun } from '../follow/fetch-run.ts'
import { endLines, followRun, trouble } from '../follow/follow-run.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { formatDuration, type TimeFormat } from '../output/units.ts'
import { approveCommand, declineCommand } from './approvals.ts'
import { ulid, wholeNumber, withinLimit } from './arguments.ts'
import { redriveCommand } from './redrive.ts'

/** `xenkeep runs [RUN]`. JSON: `{"runs":[RunView]}`, or for one run `{"run":RunView,"jobs":[JobView]}`. */
export const runsCommand = (program: Program) =>
  newCommand('runs', 'list backup and restore runs, newest first, or show one with its jobs', [
    'xenkeep runs',
    'xenkeep runs latest',
    'xenkeep runs 01JD9W5R6D3S0Q6Z1B4W8TXY2K --follow',
  ])
    .addCommand(approveCommand(program))
    .addCommand(declineCommand(program))
    .addCommand(redriveCommand(program))
    .argument('[run]', 'id of a run, or "latest"')
    .option('--follow', 'show progress until the run ends; exit code as for "backup"')
    .option('--limit <n>', 'at most this many', wholeNumber, 20)
    .action(
      action(
        program,
        async (session, run: string | undefined, options: { follow?: true; limit: number }) => {
          if (run === undefined) {
            if (options.follow) throw new UsageError('--follow needs the id of a run, or "latest".')
            return listRuns(session, options.limit)
          }
          const runId = await resolveRun(session, run)
          return options.follow ? followRun(session, runId) : showRun(session, runId)
        },
      ),
    )

/** @returns the id; `latest` stands for the newest run. @throws `USAGE` */
export const resolveRun = async ({ client }: Session, run: string): Promise<string> => {
  if (run !== 'latest') return ulid(run, 'run', 'xenkeep runs')
  const [newest] = await listAll(client, 'listRuns', {}, 1)
  if (!newest) throw new UsageError('There has been no run yet.', '"xenkeep backup VM" starts one.')
  return newest.runId
}

/**
 * For what cannot be taken back: `latest` is the one run that is at work, or the newest where none is. Rounds of standbys, which begin by themselves, are never meant.
 * @throws `USAGE` where several are at work
 */
export const resolveRunToCancel = async (session: Session, wanted: string): Promise<string> => {
  if (wanted !== 'latest') return resolveRun(session, wanted)
  const newest = await listAll(session.client, 'listRuns', {}, RECENT)
  const runs = newest.filter(({ kind }) => kind !== 'replication')
  const [first, ...others] = runs.filter(({ state }) => state === 'running' || state === 'waiting')
  if (first && others.length > 0)
    throw new UsageError(
      `${others.length + 1} runs are at work or wait: ${[first, ...others].map(({ runId, title }) => `${runId} (${safeText(title)})`).join(', ')}.`,
      'Say which of them.',
    )
  const found = first ?? runs[0]
  if (!found)
    throw new UsageError(
      'There is no run that "latest" could mean; rounds of standbys are named by their id.',
      '"xenkeep runs" lists them.',
    )
  return found.runId
}

/** Runs that are looked through for one that is at work. */
const RECENT = 1_000

const listRuns = async (session: Session, limit: number): Promise<ExitCode> => {
  const found = await listAll(session.client, 'listRuns', {}, limit + 1)
  const runs = withinLimit(session, found, limit)
  answer(session, { runs }, () =>
    runs.length > 0
      ? table(columns(session.host.time, session.host.now()), runs)
      : ['There has been no run yet. "xenkeep backup VM" starts one.'],
  )
  return ExitCode.ok
}

const showRun = async (session: Session, runId: string): Promise<ExitCode> => {
  const { run, jobs } = await fetchRun(session.client, runId)
  answer(session, { run, jobs }, () => [
    `${safeText(run.title)}, started ${session.host.time(run.started)}`,
    ...endLines({ run, jobs }),
    ...(run.timeLeft === undefined ? [] : [`  time left: ${run.timeLeft}`]),
    ...trouble({ run, jobs }),
  ])
  return ExitCode.ok
}

const columns = (time: TimeFormat, now: number): Column<RunView>[] => [
  { title: 'RUN', cell: run => run.runId },
  { title: 'KIND', cell: run => run.kind },
  { title: 'STATE', cell: run => run.state },
  { title: 'STARTED', cell: run => time(run.started) },
  {
    title: 'TOOK',
    cell: run => formatDuration(((run.ended ?? now) - run.started) / 1_000),
    align: 'right',
  },
  { title: 'WHAT', cell: run => safeText(run.title) },
  { title: 'RESULT', cell: run => safeText(run.line) },
]
