import { Option } from 'commander'
import { RunKind, RunState, type RunView } from '#core/contracts/runs-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { fetchRun, type OnlyJobs } from '../follow/fetch-run.ts'
import { endLines, followRun, trouble } from '../follow/follow-run.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { formatDuration, type TimeFormat } from '../output/units.ts'
import { findPolicy } from '../policies/find-policy.ts'
import { approveCommand, declineCommand } from './approvals.ts'
import { ulid, wholeNumber, withinLimit } from './arguments.ts'
import { pastTime } from './past-time.ts'
import { redriveCommand } from './redrive.ts'
import { retryCommand } from './retry.ts'

interface Options {
  follow?: true
  limit: number
  kind?: RunView['kind']
  state?: RunView['state'] | 'open' | 'troubled'
  policy?: string
  vm?: string
  plans?: true
  since?: string
  until?: string
  only?: OnlyJobs
}

/** `xenkeep runs [RUN]`. JSON: `{"runs":[RunView]}`, or for one run `{"run":RunView,"jobs":[JobView]}`. */
export const runsCommand = (program: Program) =>
  newCommand('runs', 'list backup and restore runs, newest first, or show one with its jobs', [
    'xenkeep runs',
    'xenkeep runs latest',
    'xenkeep runs --state troubled --since 24h',
    'xenkeep runs --kind restore --vm web01 --plans   # plans of restores, too',
    'xenkeep runs 01JD9W5R6D3S0Q6Z1B4W8TXY2K --follow',
    'xenkeep runs latest --only troubled   # of a large run the jobs that need somebody',
  ])
    .addCommand(approveCommand(program))
    .addCommand(declineCommand(program))
    .addCommand(redriveCommand(program))
    .addCommand(retryCommand(program))
    .argument('[run]', 'id of a run, or "latest"')
    .option('--follow', 'show progress until the run ends; exit code as for "backup"')
    .option('--limit <n>', 'at most this many', wholeNumber, 20)
    .addOption(new Option('--kind <kind>', 'only runs of this kind').choices(RunKind.options))
    .addOption(
      new Option(
        '--state <state>',
        'only runs in this state; "open": waiting or running; "troubled": failed or with problems',
      ).choices([...RunState.options, 'open', 'troubled']),
    )
    .option('--policy <policy>', 'only runs of this policy, by id or name')
    .option('--vm <vm>', 'only runs with a job for this VM, by UUID or exact name')
    .option('--plans', 'also those that only planned a restore')
    .option('--since <time>', 'asked for then or later: an ISO time, or "24h" or "7d" ago')
    .option('--until <time>', 'asked for before then')
    .addOption(
      new Option(
        '--only <jobs>',
        'of one run: jobs that have not ended ("open"), or ended otherwise than well ("troubled")',
      ).choices(['open', 'troubled']),
    )
    .action(
      action(program, async (session, run: string | undefined, options: Options) => {
        if (run === undefined) {
          const ofOne = options.follow ? '--follow' : options.only && '--only'
          if (ofOne) throw new UsageError(`${ofOne} needs the id of a run, or "latest".`)
          return listRuns(session, options)
        }
        guardOne(options)
        const runId = await resolveRun(session, run)
        return options.follow ? followRun(session, runId) : showRun(session, runId, options.only)
      }),
    )

/** One run is not narrowed as a list is. @throws `USAGE` */
const guardOne = ({ follow, only, limit: _, ...narrowing }: Options): void => {
  if (follow && only) throw new UsageError('--follow shows every job.', 'Leave --only out.')
  const [option] = Object.keys(narrowing)
  if (option !== undefined)
    throw new UsageError(`--${option} narrows the list of runs.`, 'Leave it out, or name no run.')
}

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

const listRuns = async (session: Session, options: Options): Promise<ExitCode> => {
  const { limit } = options
  const query = await queryOf(session, options)
  const found = await listAll(session.client, 'listRuns', query, limit + 1)
  const runs = withinLimit(session, found, limit)
  answer(session, { runs }, () =>
    runs.length > 0
      ? table(columns(session.host.time, session.host.now()), runs)
      : [
          Object.keys(query).length > 0
            ? 'No run matches.'
            : 'There has been no run yet. "xenkeep backup VM" starts one.',
        ],
  )
  return ExitCode.ok
}

/** What the options narrow the list to. @throws `USAGE` */
const queryOf = async (session: Session, options: Options): Promise<Record<string, unknown>> => {
  const { kind, state, policy, vm, plans, since, until } = options
  const now = session.host.now()
  return {
    ...(kind && { kind }),
    ...(state && { state }),
    ...(policy !== undefined && {
      policyId: (await findPolicy(session.client, policy)).policy.policyId,
    }),
    ...(vm !== undefined && { vm }),
    ...(plans && { plans: 'true' }),
    ...(since !== undefined && { since: pastTime('--since', since, now) }),
    ...(until !== undefined && { until: pastTime('--until', until, now) }),
  }
}

const showRun = async (session: Session, runId: string, only?: OnlyJobs): Promise<ExitCode> => {
  const { run, jobs } = await fetchRun(session.client, runId, undefined, undefined, only)
  answer(session, { run, jobs }, () => [
    `${safeText(run.title)}, started ${session.host.time(run.started)}`,
    ...endLines({ run, jobs }),
    ...(only && jobs.length === 0
      ? [`  None of its jobs ${only === 'open' ? 'is open' : 'ended otherwise than well'}.`]
      : []),
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
