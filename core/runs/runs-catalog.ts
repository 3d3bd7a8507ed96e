import { queryAll, retryOnConflict, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Problem } from '../contracts/problem.ts'
import { toProblem } from '../errors/base.ts'
import { RunNotFoundError } from '../errors/control.ts'
import { RunProgramFailedError } from '../errors/policies.ts'
import { RunJobsLostError } from '../errors/region.ts'
import { useWrites } from '../maintenance/uses.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import { finishJob, type Job, requestCancel } from './job.ts'
import { jobWrites } from './job-lists.ts'
import { changeJob, dispatchedJobs, readBriefs, readJobs } from './jobs-catalog.ts'
import { limits } from './limits.ts'
import { gateOfLast, isProgram, programsOf } from './programs.ts'
import { attemptOf, endRun, failRun, lostOf, type Run } from './run.ts'
import { noted } from './run-log.ts'
import { someAtOnce } from './some-at-once.ts'
import { readTally, type Tally } from './tally.ts'
import { comesLast } from './work-of.ts'

/** What is written in one piece with a change, found out anew for each try. */
type Beside = readonly CatalogWrite[] | Promise<readonly CatalogWrite[]>

/**
 * Stores a run and its jobs. The run itself comes last: a crash before it leaves jobs that belong to no run and are never
 * looked at, a crash after it leaves an open run that redrive starts.
 * @param beside written in one piece with the run
 * @throws `CATALOG_CONFLICT` where something of that is there already
 */
export const createRun = async (
  catalog: Catalog,
  run: Run,
  jobs: readonly Job[],
  beside: readonly CatalogWrite[] = [],
): Promise<void> => {
  await writeInBatches(catalog, jobs.flatMap(useWrites))
  await writeInBatches(catalog, jobs.flatMap(jobWrites))
  const value: Run = jobs.length > 0 ? { ...run, jobs: jobs.length } : run
  await catalog.write([
    { kind: 'put', key: keys.run(run.runId), value, expect: 'absent' },
    // One that waits for approval is opened when it is given (approvals.ts).
    ...(run.state === 'running'
      ? [
          {
            kind: 'put' as const,
            key: keys.openRun(run.runId),
            value: {},
            expect: 'absent' as const,
          },
        ]
      : []),
    ...(run.policyId === undefined
      ? []
      : [
          {
            kind: 'put' as const,
            key: keys.policyRun(run.policyId, run.runId),
            value: {},
            expect: 'any' as const,
          },
        ]),
    ...beside,
  ])
}

/** @throws `RUN_NOT_FOUND` */
export const readRun = async (catalog: Catalog, runId: string): Promise<CatalogItem<Run>> => {
  const item = await catalog.get<Run>(keys.run(runId))
  if (!item) throw new RunNotFoundError(runId)
  return item
}

/** What a view of a run is made of: its jobs, or the tally of a large one; nothing of one that has ended, which bears its line. */
export const lookAt = async (catalog: Catalog, run: Run): Promise<Job[] | Tally> => {
  if (run.state !== 'running') return []
  return run.counted ? readTally(catalog, run.runId) : readJobs(catalog, run.runId)
}

/** Runs that have not ended, oldest first. Between regions items arrive one by one, so one may be named before it is there: it is passed over. */
export const openRuns = async (catalog: Catalog): Promise<Run[]> => {
  const runs: Run[] = []
  for await (const open of queryAll(catalog, keys.openRun('').pk)) {
    const run = await catalog.get<Run>(keys.run(open.sk))
    if (run) runs.push(run.value)
  }
  return runs
}

export const anyRunOpen = async (catalog: Catalog): Promise<boolean> =>
  (await catalog.query(keys.openRun('').pk, { limit: 1 })).items.length > 0

/**
 * Closes a run with the verdict of its jobs. Jobs still open are failed with `unfinished` first, so that nothing of an
 * ended run stays in a queue. Repeating it changes nothing.
 * @param beside what is written in one piece with the verdict, and so once
 * @throws `RUN_NOT_FOUND`
 */
export const closeRun = async (
  catalog: Catalog,
  runId: string,
  unfinished: Problem,
  now: number,
  beside: (run: Run, jobs: readonly Job[]) => Beside = () => [],
): Promise<Run> => {
  const found = (await readRun(catalog, runId)).value
  if (found.state !== 'running') return found
  const known = await (found.counted ? readBriefs : readJobs)(catalog, runId)
  const jobs = await someAtOnce(known, job => endJob(catalog, found, job, { unfinished, now }))
  return changeRun(
    catalog,
    runId,
    run => {
      // A plan that came to no job at all is done with.
      if (jobs.length > 0 || run.jobs === 0) return endRun(run, jobs, now)
      const lost = lostOf(run, jobs)
      return failRun(run, lost > 0 ? toProblem(new RunJobsLostError(lost)) : unfinished, now)
    },
    run => beside(run, jobs),
  )
}

const endJob = async (
  catalog: Catalog,
  { cancelRequested }: Run,
  job: Job,
  { unfinished, now }: { unfinished: Problem; now: number },
): Promise<Job> => {
  if (job.state === 'finished') return job
  const failed = (problem: Problem) => ({ status: 'failed' as const, problem })
  return changeJob(catalog, job.jobId, open => {
    if (isProgram(open) && comesLast(open)) {
      const error = new RunProgramFailedError('after', `it was not run: ${unfinished.message}`)
      return finishJob(open, failed(toProblem(error)), now)
    }
    const isCancelled = open.cancelRequested || cancelRequested
    return finishJob(open, isCancelled ? { status: 'cancelled' } : failed(unfinished), now)
  })
}

/**
 * Ends the backups of a run whose execution has come to its end before them, where a program after the run, or the sealing of a site point, is still to be done: the next execution does that.
 * @returns whether it is
 * @throws `RUN_NOT_FOUND`
 */
export const leaveLast = async (
  catalog: Catalog,
  runId: string,
  unfinished: Problem,
  now: number,
): Promise<boolean> => {
  const run = (await readRun(catalog, runId)).value
  if (run.state !== 'running' || attemptOf(run) >= limits.attemptsPerRun) return false
  const { items } = await catalog.query<Job>(keys.job(runId, '').pk, { descending: true, limit: 1 })
  const last = items[0]?.value
  if (!last || !comesLast(last) || last.state === 'finished') return false
  const known = await (run.counted ? readBriefs : readJobs)(catalog, runId)
  const others = known.filter(job => !comesLast(job))
  const ended = await someAtOnce(others, job => endJob(catalog, run, job, { unfinished, now }))
  const gate = isProgram(last) ? gateOfLast(programsOf(ended)[0], true) : 'open'
  if (gate === 'open') return true
  if (typeof gate === 'object')
    await changeJob(catalog, last.jobId, job => finishJob(job, gate.outcome, now))
  return false
}

/**
 * Asks a run to stop: jobs that nobody holds end at once, the others when their gateway hears of it. Of a large run only those that are dispatched; the others
 * end when their turn comes.
 * @param by whom, for people
 * @returns the jobs that were cancelled, now or by an earlier call, whose waiting tasks must be told
 * @throws `RUN_NOT_FOUND`
 */
export const cancelJobs = async (
  catalog: Catalog,
  runId: string,
  now: number,
  by: string,
): Promise<Job[]> => {
  const run = await changeRun(catalog, runId, found => {
    const isOpen = found.state === 'waiting' || found.state === 'running'
    if (!isOpen || found.cancelRequested) return found
    const asked: Run = noted({ ...found, cancelRequested: true }, now, `asked to stop by ${by}`)
    return found.state === 'waiting' ? { ...asked, ...WITHDRAWN, ended: now } : asked
  })
  if (run.state !== 'running' && run.line !== WITHDRAWN.line) return []
  const ids =
    run.counted && run.state === 'running'
      ? await dispatchedJobs(catalog, runId, run.counted.queues)
      : (await readJobs(catalog, runId)).map(({ jobId }) => jobId)
  const after = await someAtOnce(ids, jobId =>
    changeJob(catalog, jobId, found => requestCancel(found, now)),
  )
  return after.filter(job => job.outcome?.status === 'cancelled')
}

const WITHDRAWN = {
  state: 'cancelled',
  line: 'withdrawn before it was approved; nothing was read or written',
} as const

/**
 * Applies a transition to the run as it stands.
 * @param transition pure; may be called again when somebody else wrote in between
 * @throws `RUN_NOT_FOUND`, and what the transition throws
 */
export const changeRun = (
  catalog: Catalog,
  runId: string,
  transition: (run: Run) => Run,
  beside: (run: Run) => Beside = () => [],
): Promise<Run> =>
  retryOnConflict(async () => {
    const item = await readRun(catalog, runId)
    const after = transition(item.value)
    if (after === item.value) return after
    const key = keys.run(runId)
    await catalog.write([
      { kind: 'put', key, value: after, expect: { version: item.version } },
      ...(after.state === 'running'
        ? []
        : [{ kind: 'delete' as const, key: keys.openRun(runId), expect: 'any' as const }]),
      ...(await beside(after)),
    ])
    return after
  })
