import type { Approval } from '../access/approval.ts'
import type { JobView, RunView } from '../contracts/runs-api.ts'
import { explainJob, explainRunning, type GatewaySign } from './explain.ts'
import type { Job } from './job.ts'
import { largeRunTimeLeft } from './large-pace.ts'
import { runTimeLeft, secondsLeft } from './pace.ts'
import { membersOf } from './programs.ts'
import type { Run } from './run.ts'
import { logOf } from './run-log.ts'
import { explainTally, type Tally } from './tally.ts'

/** A job as people see it. Leaves out the task token and who holds the lease. */
export const viewJob = (job: Job, gateways: readonly GatewaySign[], now: number): JobView => ({
  jobId: job.jobId,
  spec: job.spec,
  state: job.state,
  attempts: job.epoch,
  ...(job.begun === undefined ? {} : { begun: job.begun }),
  ...(job.finished === undefined ? {} : { finished: job.finished }),
  ...gatewayOf(job, gateways),
  ...(job.progress ? { progress: job.progress } : {}),
  ...(job.progressAt === undefined ? {} : { progressAt: job.progressAt }),
  ...(job.state === 'leased' && timing(job)),
  ...(job.outcome ? { outcome: job.outcome } : {}),
  line: explainJob(job, gateways, now),
})

/** By its name of today; revoked ones have none. */
const gatewayOf = ({ lease }: Job, gateways: readonly GatewaySign[]): Pick<JobView, 'gateway'> => {
  const held = gateways.find(({ gatewayId }) => gatewayId === lease?.gatewayId)
  return held ? { gateway: held.name } : {}
}

const timing = (job: Job): Pick<JobView, 'bytesPerSecond' | 'secondsLeft'> => {
  const seconds = secondsLeft(job)
  if (seconds === undefined || !job.pace) return {}
  return { bytesPerSecond: Math.round(job.pace.bytesPerSecond), secondsLeft: seconds }
}

/** @param of its jobs, or how many of a large one have ended; an ended one carries its line */
export const viewRun = (
  run: Run,
  of: readonly Job[] | Tally,
  gateways: readonly GatewaySign[],
  now: number,
): RunView => {
  const { runId, kind, state, started, ended, policyId, policyName, title, line, problem } = run
  const { startedBy, retryOf, retriedBy, goesOnFrom, goneOnBy, givenUpBy } = run
  const going = () =>
    `${run.cancelRequested ? 'cancelling: ' : ''}${run.request ? planning(run) : goingLine(run, of, gateways, now)}`
  return {
    runId,
    kind,
    state,
    started,
    ...(ended === undefined ? {} : { ended }),
    ...(policyId && { policyId }),
    ...(policyName && { policyName }),
    ...(startedBy !== undefined && { startedBy: startedBy.slice(0, 500) }),
    ...(retryOf && { retryOf }),
    ...(retriedBy && { retriedBy }),
    ...(goesOnFrom && { goesOnFrom }),
    ...(goneOnBy && { goneOnBy }),
    ...(givenUpBy && { givenUpBy }),
    title,
    line: line ?? going().slice(0, 1_000),
    ...(ended === undefined &&
      told(isTold(of) ? jobsTimeLeft(of) : largeRunTimeLeft(run, of, now))),
    ...(problem ? { problem } : {}),
    ...(run.approval && { approval: shown(run.approval) }),
    log: logOf(run),
    ...(run.approvalForetold && { approvalForetold: run.approvalForetold }),
  }
}

/** Why, the line says. */
const shown = ({ because: _, askedThrough: __, ...approval }: Approval) => approval

const planning = ({ kind }: Run): string =>
  `looking for what is to be ${kind === 'maintenance' ? 'done' : 'backed up'}`

const goingLine = (
  { kind, counted }: Run,
  of: readonly Job[] | Tally,
  gateways: readonly GatewaySign[],
  now: number,
): string =>
  isTold(of) ? explainRunning(kind, of, gateways, now) : explainTally(kind, counted?.jobs ?? 0, of)

const isTold = (of: readonly Job[] | Tally): of is readonly Job[] => Array.isArray(of)

/** How long a program takes nobody knows. */
const jobsTimeLeft = (jobs: readonly Job[]) =>
  runTimeLeft(membersOf(jobs).map(job => ({ state: job.state, ...timing(job) })))

const told = (
  left: { text: string; seconds?: number } | undefined,
): Pick<RunView, 'timeLeft' | 'secondsLeft'> => {
  if (!left) return {}
  return { timeLeft: left.text, ...(left.seconds !== undefined && { secondsLeft: left.seconds }) }
}
