import type { Approval } from '../access/approval.ts'
import type { MaintenanceRequest } from '../contracts/maintenance.ts'
import type { LockPolicy } from '../contracts/points.ts'
import type { Problem } from '../contracts/problem.ts'
import type { RunView } from '../contracts/runs-api.ts'
import { lostJobs } from '../errors/region.ts'
import type { RunMachineName } from '../ports.ts'
import type { SitePlanRef } from '../sites/site-plan.ts'
import { explainEnd } from './explain.ts'
import { isGood, type Job, waitsForPerson } from './job.ts'
import type { JobList } from './job-lists.ts'
import { limits } from './limits.ts'
import { aroundOf, isAround, isTrouble, membersOf } from './programs.ts'
import { shardOf } from './tally.ts'
import { queueOf } from './work-of.ts'

/** Something that happened to a run, in words, and when (ms since 1970). */
export interface RunEntry {
  at: number
  text: string
}

/** One execution of a state machine, as the catalog keeps it. Its jobs are items of their own. */
export interface Run {
  runId: string
  kind: RunView['kind']
  state: RunView['state']
  title: string
  started: number
  /** Of the regions, when it was begun, or last written by whoever took over; left out before the first take-over. */
  regionEpoch?: number
  /** Of a run of a policy; its name as it was then. */
  policyId?: string
  policyName?: string
  /** No job is begun from then on (ms since 1970): the end of the policy's window. */
  beginBefore?: number
  /** Which execution of its machine works on it, from 1. Runs of older versions have none until they are gone on with. */
  attempt?: number
  /** Who asked for it, or in words what began it by itself. Runs of older versions do not tell. */
  startedBy?: string
  /** The run of which it does again what failed; and of such a run, the one that did. */
  retryOf?: string
  retriedBy?: string
  /** Of a restore of a component: the run that it goes on from; the one that went on from it; and the one that gave the restore up. */
  goesOnFrom?: string
  goneOnBy?: string
  givenUpBy?: string
  /** What was done to it since, and by whom. */
  log?: RunEntry[]
  /** What was asked for, as long as the jobs are not made: the first task does that. */
  request?:
    | { kind: 'policy'; policyId: string }
    | { kind: 'site'; siteId: string; lock?: LockPolicy | undefined }
    | { kind: 'retry'; runId: string }
    | MaintenanceRequest
  /** Of a backup of a site: what it goes by. */
  site?: SitePlanRef
  /** The jobs that it makes. */
  list?: JobList
  /** How many jobs it has, once they are made: between regions some of them may be lost (0231). Older runs do not tell. */
  jobs?: number
  /** Only of a large run: how many jobs it has, which queues they wait in, and how many in each. Its ended jobs are counted (tally.ts). */
  counted?: { jobs: number; queues: string[]; inQueues?: number[] }
  /** What it would have taken and could not, with the number and the reason: no trouble, and told at its end. */
  leftOut?: string
  cancelRequested?: true
  /** Where somebody has to agree, or has. */
  approval?: Approval
  /** Of a plan only: whether what is planned would wait for somebody to agree, in a sentence. */
  approvalForetold?: string
  /** Only of a run that has ended. */
  ended?: number
  line?: string
  problem?: Problem
}

/** Whether a run only finds out what a restore would do. */
export const isPlan = ({ approvalForetold }: Pick<Run, 'approvalForetold'>): boolean =>
  approvalForetold !== undefined

/** Whether somebody only looks, at files or at a plan: nothing is backed up or restored, so it is no run that went well or badly, and who asked sits in front of it. */
export const isOnlyLook = (run: Pick<Run, 'kind' | 'approvalForetold'>): boolean =>
  run.kind === 'files' || isPlan(run)

const MACHINES: Record<RunView['kind'], RunMachineName> = {
  backup: 'PolicyRun',
  restore: 'RestoreRun',
  'boot-check': 'RestoreRun',
  replication: 'ReplicationRun',
  failover: 'ReplicationRun',
  maintenance: 'Maintenance',
  files: 'RestoreRun',
}

/** Which machine executes a run; the execution is named by the run. */
export const machineOf = ({ kind }: Pick<Run, 'kind'>): RunMachineName => MACHINES[kind]

/** Of a run, and of what a task of a machine was told: 0 is what older versions started. */
export const attemptOf = ({ attempt = 0 }: { attempt?: number | undefined }): number => attempt

/** Under which name an attempt executes, and with what input: the same each time, so that starting it twice is starting it once. */
export const executionOf = (
  run: Pick<Run, 'runId' | 'attempt'>,
): { name: string; input: { runId: string; attempt: number } } => {
  const { runId } = run
  const attempt = attemptOf(run)
  return { name: `${runId}-${attempt}`, input: { runId, attempt } }
}

/** The run as its next execution goes on with it: from then on, nothing that an earlier one does counts. */
export const nextAttempt = (run: Run): Run => ({ ...run, attempt: attemptOf(run) + 1 })

/** Jobs of a large run are counted when they end; those of others are read when somebody looks. */
export const countedJobs = (
  jobs: readonly Job[],
): { jobs: Job[]; counted?: NonNullable<Run['counted']> } => {
  const members = membersOf(jobs)
  if (members.length <= limits.jobsReadAtOnce) return { jobs: [...jobs] }
  // A program, or the sealing of a site point, waits in a queue too, and is no member.
  const perQueue = new Map(jobs.map(({ spec }) => [queueOf(spec), 0]))
  for (const { spec } of members) {
    const queue = queueOf(spec)
    perQueue.set(queue, (perQueue.get(queue) ?? 0) + 1)
  }
  return {
    jobs: jobs.map((job, index) => (isAround(job) ? job : { ...job, shard: shardOf(index) })),
    counted: {
      jobs: members.length,
      queues: [...perQueue.keys()],
      inQueues: [...perQueue.values()],
    },
  }
}

/**
 * What a run came to, from its finished jobs.
 * - `action-required`: nothing failed, and something stopped where a person has to do the next step
 * - `cancelled`: it was asked to stop, and some job did not end well
 * - `failed`: no job came to anything, and at least one failed
 * - `warning`: some did and some did not, or some were skipped; or all did, and a program around the run made trouble, or a site point is not complete
 */
export const stateOf = (
  jobs: readonly Job[],
  cancelRequested: boolean,
): Exclude<RunView['state'], 'running' | 'waiting'> => {
  const state = stateOfCounts(countsOf(membersOf(jobs)), cancelRequested)
  return state === 'succeeded' && aroundOf(jobs).some(isTrouble) ? 'warning' : state
}

/** How many jobs there are, and what those that have ended came to. */
interface Counts {
  jobs: number
  good: number
  skipped: number
  cancelled: number
  /** Those that wait for a person; large runs have none. */
  person?: number
}

export const countsOf = (jobs: readonly Job[]): Counts => {
  const count = (status: string) => jobs.filter(({ outcome }) => outcome?.status === status).length
  const good = jobs.filter(({ outcome }) => isGood(outcome)).length
  const person = jobs.filter(({ outcome }) => waitsForPerson(outcome)).length
  return {
    jobs: jobs.length,
    good,
    skipped: count('skipped'),
    cancelled: count('cancelled'),
    person,
  }
}

/** As `stateOf`, of jobs that were counted. */
export const stateOfCounts = (
  { jobs, good, skipped, cancelled, person = 0 }: Counts,
  cancelRequested: boolean,
): Exclude<RunView['state'], 'running' | 'waiting'> => {
  if (good === jobs) return 'succeeded'
  if (good + person === jobs) return 'action-required'
  if (cancelRequested || cancelled === jobs) return 'cancelled'
  return good === 0 && skipped === 0 ? 'failed' : 'warning'
}

/** @returns the run closed with its verdict; an ended run as it is. All jobs that are there must be finished; those that are not make it no success. */
export const endRun = (run: Run, jobs: readonly Job[], now: number): Run => {
  if (run.state !== 'running') return run
  const verdict = stateOf(jobs, run.cancelRequested ?? false)
  const lost = lostOf(run, jobs)
  const state = lost > 0 && verdict === 'succeeded' ? 'warning' : verdict
  const problem = commonProblem(jobs)
  return {
    ...run,
    state,
    ended: now,
    line: `${lost > 0 ? `${lostJobs(lost, jobs.length + lost)} ` : ''}${[explainEnd(run.kind, jobs), ...(run.leftOut === undefined ? [] : [run.leftOut])].join(' · ')}`.slice(
      0,
      1_000,
    ),
    ...(problem && state === 'failed' ? { problem } : {}),
  }
}

/** Jobs that a run was given and that are not there. */
export const lostOf = (
  { jobs, list, counted }: Pick<Run, 'jobs' | 'list' | 'counted'>,
  there: readonly unknown[],
): number => Math.max(0, (jobs ?? counted?.jobs ?? list?.jobs ?? 0) - there.length)

/** A run that ends before it has any job to speak for it. */
export const failRun = (run: Run, problem: Problem, now: number): Run => {
  if (run.state !== 'running') return run
  if (run.cancelRequested)
    return { ...run, state: 'cancelled', ended: now, line: 'cancelled before any job was begun' }
  return { ...run, state: 'failed', ended: now, line: problem.message.slice(0, 1_000), problem }
}

const commonProblem = (jobs: readonly Job[]): Problem | undefined =>
  jobs
    .map(({ outcome }) => (outcome?.status === 'failed' ? outcome.problem : undefined))
    .find(Boolean)
