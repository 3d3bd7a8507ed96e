import stringWidth from 'string-width'
import type { ComponentRestoreReport, StepResult } from '#core/contracts/guest-jobs.ts'
import type { Problem } from '#core/contracts/problem.ts'
import type { JobView } from '#core/contracts/runs-api.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import type { Session } from '../command.ts'
import { ExitCode, exitCodeOf } from '../exit-codes.ts'
import { print, printJson, tell } from '../host.ts'
import { problemLines } from '../output/failure.ts'
import { safeText } from '../output/safe-text.ts'
import { aligned, cut } from '../output/table.ts'
import { formatDuration } from '../output/units.ts'
import type { RunSnapshot } from './fetch-run.ts'
import { jobText, pointFacts, pointReasons } from './job-text.ts'
import { viewFor } from './view-for.ts'
import { watchRun } from './watch-run.ts'

/**
 * Shows a run until it ends, then what came of it. Ctrl-C ends the watching, not the run.
 * @returns the exit code: how the run ended, or `interrupted`
 */
export const followRun = async (session: Session, runId: string): Promise<ExitCode> => {
  const { host, json, client } = session
  const stop = new AbortController()
  const stopListening = host.onStop(() => stop.abort())
  const view = viewFor(host, json)
  const silent = () =>
    view.note('The control plane does not answer just now; the run is not lost. Trying again …')
  let last: RunSnapshot | undefined
  try {
    for await (const snapshot of watchRun(client, runId, {
      signal: stop.signal,
      silent,
      now: host.now,
    })) {
      last = snapshot
      view.update(snapshot)
    }
  } catch (error) {
    view.end()
    if (!stop.signal.aborted) throw error
    const message = `The run goes on without you. Watch it again with "xenkeep runs ${runId} --follow", end it with "xenkeep cancel ${runId}".`
    if (json) printJson(host, { event: 'left', runId })
    tell(host, message)
    return ExitCode.interrupted
  } finally {
    stopListening()
  }
  view.end()
  if (!last) return ExitCode.failed
  showEnd(session, last)
  return runExitCode(last)
}

const showEnd = ({ host, json }: Session, { run, jobs }: RunSnapshot): void => {
  if (json) printJson(host, { event: 'ended', run, jobs })
  else print(host, ...endLines({ run, jobs }))
  tell(host, ...trouble({ run, jobs }))
}

/** @returns one line for the run, then one per job with why it went as it did */
export const endLines = ({ run, jobs }: RunSnapshot): string[] => {
  const took =
    run.ended === undefined ? '' : ` after ${formatDuration((run.ended - run.started) / 1_000)}`
  const width = Math.max(0, ...jobs.map(job => stringWidth(nameOf(job))))
  // Nothing was begun of one that waits for approval; its line says for whom.
  const begun = run.state === 'waiting' ? [] : jobs
  const rows = begun.flatMap(job => [
    // An open job's own line tells how far it is, and that it is being cancelled.
    `  ${aligned(nameOf(job), width)}  ${job.outcome ? jobText(job) : safeText(job.line)}`,
    ...remarks(job).map(remark => `  ${aligned('', width)}  ${remark}`),
  ])
  // The line of a run with one job repeats that job's.
  const line = jobs.length === 1 && run.state !== 'waiting' ? '.' : `: ${safeText(run.line)}`
  const foretold = run.approvalForetold === undefined ? [] : [`  ${safeText(run.approvalForetold)}`]
  return [`Run ${run.runId} ${stateText[run.state]}${took}${line}`, ...rows, ...foretold]
}

const nameOf = (job: JobView): string => cut(safeText(subjectOf(job.spec)), NAME_WIDTH)
const NAME_WIDTH = 24

/** `done     restoreDatabase [shop]: replaces one database by the saved one` */
const stepLine = ({ number, id, item, does, result, text }: StepResult): string =>
  safeText(
    `${result.padEnd(9)} ${number === undefined ? '' : `${number} `}${id}${item === undefined ? '' : ` [${item}]`}: ${text ?? does}`,
  )

/** What to do with a restore that has stopped. */
const goOnLines = (
  { pointId, stopped }: ComponentRestoreReport,
  spec: JobView['spec'],
): string[] => {
  const [from, or] = stopped?.from ?? []
  if (from === undefined) return []
  const onto = 'savedOn' in spec && spec.savedOn ? ` --onto ${spec.guestUuid}` : ''
  const command = (step: number) => `"xenkeep guests restore ${pointId} --from ${step}${onto}"`
  const other = or === undefined ? '' : `, or behind it with ${command(or)} where a person did it`
  return [
    `then: go on with ${command(from)}${other}; a step of a site with "xenkeep site step RESTORE N done"`,
  ]
}

const remarks = ({ outcome, spec }: JobView): string[] => {
  switch (outcome?.status) {
    case 'backed-up':
      return [
        ...pointReasons(outcome.point).map(reason => `why: ${reason}`),
        ...pointFacts(outcome.point).map(fact => `note: ${fact}`),
        ...outcome.notes.map(note => `note: ${safeText(note)}`),
      ]
    case 'component-restored':
      return [...outcome.report.steps.map(stepLine), ...goOnLines(outcome.report, spec)]
    case 'boot-checked':
      return outcome.notes.map(note => `note: ${safeText(note)}`)
    case 'planned':
      return outcome.steps.map((step, index) => `${index + 1}. ${safeText(step)}`)
    case 'restored':
    case 'disks-restored':
      return [
        ...outcome.report.disks.map(
          disk =>
            `proof: disk ${safeText(disk.userdevice)} has the root hash ${safeText(disk.rootHash)}, as in the point`,
        ),
        ...outcome.report.notes.map(note => `note: ${safeText(note)}`),
      ]
    case 'replicated':
    case 'failed-over':
    case 'rejoined':
      return outcome.report.notes.map(note => `note: ${safeText(note)}`)
    default:
      return []
  }
}

/** The states of a run as words in a sentence. */
const stateText: Record<RunSnapshot['run']['state'], string> = {
  waiting: 'has not begun',
  running: 'is running',
  succeeded: 'succeeded',
  warning: 'ended with warnings',
  failed: 'failed',
  cancelled: 'was cancelled',
  'action-required': 'has stopped for a person',
}

/** @returns what went wrong with whom, what to do, and the code; what is wrong with many in the same way is told once */
export const trouble = (snapshot: RunSnapshot): string[] =>
  [...Map.groupBy(problems(snapshot), ({ problem }) => JSON.stringify(problem)).values()].flatMap(
    alike => {
      const [first] = alike
      const names = alike.slice(0, 3).map(({ name }) => safeText(name))
      const more = alike.length > 3 ? ` and ${alike.length - 3} more` : ''
      return first ? problemLines(first.problem, `${names.join(', ')}${more}: `) : []
    },
  )

const problems = ({ run, jobs }: RunSnapshot): { name: string; problem: Problem }[] => {
  const ofJobs = jobs.flatMap(job =>
    job.outcome?.status === 'failed'
      ? [{ name: subjectOf(job.spec), problem: job.outcome.problem }]
      : [],
  )
  // The run's own problem often repeats that of its only job.
  const told = ofJobs.some(({ problem }) => problem.code === run.problem?.code)
  return run.problem && !told ? [{ name: 'run', problem: run.problem }, ...ofJobs] : ofJobs
}

/** A run that failed for one reason only ends with the exit code of that reason. */
const runExitCode = (snapshot: RunSnapshot): ExitCode => {
  switch (snapshot.run.state) {
    case 'succeeded':
      return ExitCode.ok
    case 'waiting':
      return ExitCode.refused
    case 'warning':
    case 'action-required':
      return ExitCode.partly
    case 'failed': {
      const codes = new Set(problems(snapshot).map(({ problem }) => exitCodeOf(problem)))
      const [only = ExitCode.failed] = codes
      // `usage` promises that nothing was done, and a run is something.
      return codes.size === 1 && only !== ExitCode.usage ? only : ExitCode.failed
    }
    default:
      return ExitCode.failed
  }
}
