import type { JobSpec } from '../contracts/jobs.ts'
import type { RunView } from '../contracts/runs-api.ts'
import { filesLine } from '../files/files-line.ts'
import { maintenanceLine, maintenanceRunLine } from '../maintenance/lines.ts'
import { consistencyText } from '../points/consistency-text.ts'
import { lockText } from '../points/lock-text.ts'
import { standbyLine } from '../replication/standby-line.ts'
import { componentRestoredLine } from '../restore/component-restored-line.ts'
import { disksRestoredLine } from '../restore/disks-restored-line.ts'
import { hasRunOut, isGood, type Job } from './job.ts'
import { limits } from './limits.ts'
import { secondsLeft, timeLeftText } from './pace.ts'
import { aroundOf, membersOf } from './programs.ts'
import {
  comesLast,
  guestOf,
  isForGuest,
  isForPool,
  isForRepository,
  isOfRepository,
  queueOf,
  subjectOf,
} from './work-of.ts'

/** What an explanation knows of the gateways beside the job: their name and last sign of life (ms since 1970). */
export interface GatewaySign {
  gatewayId: string
  name: string
  lastSeen?: number
  /** `keptUntil`: see core/gateways/keeper.ts. */
  pools: readonly { uuid: string; keptUntil?: number }[]
  /** It may work on the repository itself. */
  maintenance?: true
  /** It is the agent in this guest, and no gateway. */
  guest?: { guestUuid: string }
  /** Until when it keeps the queue of the repository. */
  repositoryKeptUntil?: number
}

const LINE = 1_000 // characters: RunView.line and JobView.line
const short = (text: string): string =>
  text.length <= LINE ? text : `${text.slice(0, LINE - 2)} …`

/** A name in quotes, cut to `max` characters. */
export const quoted = (name: string, max = 60): string =>
  `"${name.length <= max ? name : `${name.slice(0, max - 1)}…`}"`

/** What a job is about, within a sentence: names stand in quotes. */
export const subjectInWords = (spec: JobSpec): string =>
  isForGuest(spec) ||
  (isForPool(spec) && spec.kind !== 'run-program' && spec.kind !== 'seal-site-point')
    ? quoted(subjectOf(spec))
    : subjectOf(spec)

/** One line of plain words on one job: what happens, or what happened and why. */
export const explainJob = (job: Job, gateways: readonly GatewaySign[], now: number): string =>
  short(job.outcome ? explainOutcome(job) : explainOpen(job, gateways, now))

const explainOutcome = ({ outcome, spec }: Job): string => {
  switch (outcome?.status) {
    case 'backed-up': {
      const reasons = outcome.point.disks.flatMap(disk => disk.reasons)
      const incremental = outcome.point.disks.some(disk => disk.incremental)
      const { contents, facts = [], lock, weakerBecause } = outcome.point
      const weaker = weakerBecause ? [weakerBecause] : []
      const why = [...new Set([...weaker, ...reasons, ...outcome.notes])].join(' ')
      const locked = lock ? `, locked ${lockText(outcome.point, 0)}` : ''
      const done = outcome.point.kind === 'site' ? 'sealed' : 'backed up'
      if (contents) return `${done}${locked}: ${[...facts, ...outcome.notes].join(' ')}`
      return `backed up, ${incremental ? 'only what changed' : 'in full'}, ${consistencyText(outcome.point)}${locked}${why ? `: ${why}` : ''}`
    }
    case 'restored':
      return `restored as ${quoted(outcome.report.newName)}${outcome.report.started ? ', started' : ''}${
        outcome.report.notes.length > 0 ? `: ${outcome.report.notes.join(' ')}` : ''
      }`
    case 'disks-restored':
      return [disksRestoredLine(outcome.report), ...outcome.report.notes].join(' ')
    case 'boot-checked':
      return [outcome.result.sentence, ...outcome.notes].join(' ')
    case 'replicated':
    case 'failed-over':
    case 'rejoined':
      return [standbyLine(outcome), ...outcome.report.notes].join(' ')
    case 'points-removed':
    case 'garbage-collected':
    case 'verified':
    case 'points-locked':
    case 'replica-compared':
      return maintenanceLine(outcome)
    case 'files-read':
      // Lines are read by everybody: what it was, those hear who may (files/shown-to.ts).
      return filesLine({ ...outcome.report, downloads: [] })
    case 'component-restored':
      return componentRestoredLine(outcome.report)
    case 'program-ran':
      return outcome.said ? `it ran: ${outcome.said}` : 'it ran'
    case 'planned':
      return `planned, nothing was done: ${outcome.steps.join(' ')}`
    case 'skipped':
      return `skipped: ${outcome.reason}`
    case 'failed':
      return `${outcome.problem.message} ${outcome.problem.advice}`
    case 'cancelled':
      return [
        `cancelled${spec.kind.startsWith('backup-') || spec.kind === 'capture-component' ? '; earlier recovery points are untouched' : ''}`,
        ...(outcome.notes ?? []),
      ].join('. ')
    default:
      return ''
  }
}

const explainOpen = (job: Job, gateways: readonly GatewaySign[], now: number): string => {
  if (job.perhapsDoneUntil !== undefined) return PERHAPS_DONE
  if (job.state === 'leased' && !hasRunOut(job, now)) {
    const percent = percentOf(job)
    const what = job.progress?.phase ?? 'starting'
    const left = secondsLeft(job)
    const time = left === undefined ? '' : `, ${timeLeftText(left)} left`
    return `${job.cancelRequested ? 'stopping: ' : ''}${what}${percent === undefined ? '' : `, ${percent} %`}${time}`
  }
  const waiting = explainWaiting(queueOf(job.spec), gateways, now)
  return job.epoch > 0 ? `interrupted after attempt ${job.epoch}; ${waiting}` : waiting
}

const PERHAPS_DONE =
  'open when a region was taken over, and perhaps done there: it goes on where a gateway still has it, and else ends within ten minutes without being repeated'

const percentOf = ({ progress }: Job): number | undefined =>
  progress && progress.bytesTotal > 0
    ? Math.min(100, Math.floor((progress.bytesDone / progress.bytesTotal) * 100))
    : undefined

/** The gateways that may get the jobs of a queue; of that of a guest, its agent. */
export const servingQueue = <G extends GatewaySign>(queue: string, gateways: readonly G[]): G[] => {
  const guestUuid = guestOf(queue)
  if (guestUuid !== undefined) return gateways.filter(({ guest }) => guest?.guestUuid === guestUuid)
  return gateways.filter(
    ({ pools, maintenance, guest }) =>
      !guest && (isOfRepository(queue) ? maintenance : pools.some(({ uuid }) => uuid === queue)),
  )
}

const keptUntil = (queue: string, { pools, repositoryKeptUntil }: GatewaySign): number =>
  (isOfRepository(queue)
    ? repositoryKeptUntil
    : pools.find(({ uuid }) => uuid === queue)?.keptUntil) ?? 0

/**
 * Why a queued job does not move: no gateway serves its pool (or may work on the repository), those that do are silent, or they have no free slot.
 * @param queue core/runs/work-of.ts
 */
export const explainWaiting = (
  queue: string,
  gateways: readonly GatewaySign[],
  now: number,
): string => {
  const all = servingQueue(queue, gateways)
  // The others stand by.
  const keeper = all.find(gateway => keptUntil(queue, gateway) > now)
  const serving = keeper ? [keeper] : all
  const guestUuid = guestOf(queue)
  if (serving.length === 0) {
    if (guestUuid !== undefined) return `waiting: no agent is enrolled for the guest ${guestUuid}`
    return isOfRepository(queue)
      ? 'waiting: no gateway is marked for maintenance'
      : `waiting: no gateway serves the pool ${queue}`
  }
  const newest = serving.reduce((a, b) => ((b.lastSeen ?? 0) > (a.lastSeen ?? 0) ? b : a))
  const silentMs = now - (newest.lastSeen ?? 0)
  const who = `${guestUuid === undefined ? 'gateway' : 'the agent in'} ${quoted(newest.name)}`
  if (newest.lastSeen === undefined) return `waiting: ${who} never called`
  return silentMs > limits.gatewaySilentMs
    ? `waiting: ${who} has been silent for ${minutes(silentMs)}`
    : `waiting for a free slot of ${who}`
}

const minutes = (ms: number): string => {
  const count = Math.max(1, Math.round(ms / 60_000))
  return count === 1 ? 'a minute' : `${count} minutes`
}

/** What jobs of a run are when they have ended well. */
export const WORDS: Record<RunView['kind'], string> = {
  backup: 'backed up',
  restore: 'restored',
  'boot-check': 'booted',
  replication: 'replicated',
  failover: 'failed over',
  maintenance: 'done',
  files: 'looked at',
}

/** One line on a run that has ended. */
export const explainEnd = (kind: RunView['kind'], all: readonly Job[]): string => {
  const around = aroundOf(all)
  if (around.length > 0)
    return short(
      [
        explainEnd(kind, membersOf(all)),
        ...around.map(job => `${upper(subjectOf(job.spec))}: ${explainOutcome(job)}`),
      ].join(' · '),
    )
  const jobs = all
  const only = jobs[0]
  if (jobs.length === 1 && only) return explainJob(only, [], 0)
  if (kind === 'maintenance')
    return short(
      maintenanceRunLine(
        jobs,
        job => `${subjectOf(job.spec)}: ${firstSentence(explainOutcome(job))}`,
      ),
    )
  return tally(kind, jobs, (status, job) =>
    status === 'failed' || status === 'skipped' || (status !== 'cancelled' && !isGood(job.outcome))
      ? `${subjectInWords(job.spec)}: ${firstSentence(explainOutcome(job))}`
      : undefined,
  )
}

/** One line on a run that goes on. */
export const explainRunning = (
  kind: RunView['kind'],
  all: readonly Job[],
  gateways: readonly GatewaySign[],
  now: number,
): string => {
  const jobs = membersOf(all)
  // One of the two at a time is what the run waits for.
  const turn = aroundOf(all).find(
    job =>
      job.state !== 'finished' &&
      (!comesLast(job) || jobs.every(member => member.state === 'finished')),
  )
  if (turn) return short(`${upper(subjectOf(turn.spec))}: ${explainOpen(turn, gateways, now)}`)
  const only = jobs[0]
  if (jobs.length === 1 && only) return explainJob(only, gateways, now)
  return tally(kind, jobs, (status, job) =>
    status === 'open'
      ? `${subjectInWords(job.spec)}: ${explainOpen(job, gateways, now)}`
      : undefined,
  )
}

type Status = NonNullable<Job['outcome']>['status'] | 'open'

const tally = (
  kind: RunView['kind'],
  jobs: readonly Job[],
  detail: (status: Status, job: Job) => string | undefined,
): string => {
  const statusOf = (job: Job): Status => job.outcome?.status ?? 'open'
  const count = (status: Status) => jobs.filter(job => statusOf(job) === status).length
  const good = jobs.filter(({ outcome }) => isGood(outcome)).length
  const counts = [
    `${good} of ${jobs.length} ${nounOf(jobs)} ${wordOf(kind, jobs)}`,
    ...(['failed', 'skipped', 'cancelled', 'open'] as const)
      .filter(status => count(status) > 0)
      .map(status => `${count(status)} ${status}`),
  ].join(', ')
  const details = jobs.flatMap(job => detail(statusOf(job), job) ?? [])
  const shown = details.slice(0, 3).join(' · ')
  const more = details.length > 3 ? ` · and ${details.length - 3} more` : ''
  return short(shown ? `${counts}. ${shown}${more}` : `${counts}.`)
}

/** A plan is no restore. */
const wordOf = (kind: RunView['kind'], jobs: readonly Job[]): string =>
  jobs.some(
    ({ spec, outcome }) =>
      outcome?.status === 'planned' || (spec.kind === 'restore-vm' && spec.wishes?.planOnly),
  )
    ? 'planned'
    : WORDS[kind]

/** Pools, hosts and templates may be among them. */
const nounOf = (jobs: readonly Job[]): string =>
  jobs.every(({ spec }) => isForRepository(spec))
    ? 'steps'
    : jobs.some(
          ({ spec }) =>
            isForGuest(spec) || /^backup-(pool-metadata|host|template)$/.test(spec.kind),
        )
      ? 'objects'
      : 'VMs'

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const firstSentence = (text: string): string => /^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text
