import type { BootCheckResult } from '#core/contracts/boot-check.ts'
import type { TestFailoverSpec } from '#core/contracts/test-failover.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { StandbyMissingError, StateMissingError } from '#core/errors/replication.ts'
import { ownerOf } from '#core/points/marks.ts'
import { JobCancelledError } from '../../control/errors.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import type { BootedVm } from '../../targets/boot.ts'
import type { KeptState, Standby } from '../../targets/standby/standby.ts'
import type { StandbyCopy } from '../../targets/standby/standby-copy.ts'
import type { Findings } from '../boot-check/boot-watch.ts'
import { type BootOptions, bootWithin, scriptOf } from '../boot-check/boot-within.ts'
import { keepResult } from '../boot-check/keep-result.ts'
import { findPointOfJob } from '../choose-base.ts'

export type TestFailoverOptions = BootOptions<TestFailoverSpec>

/**
 * Starts a copy of a state of the standby, looks at it as a boot check does, and removes it. The standby, its states and its rounds go on untouched. The result is kept with the point whose
 * state it was. Where people want to look themselves it stays up for a while; cancelling the job ends that, and the result stands.
 *
 * @throws `STANDBY_MISSING`, `STATE_MISSING`, `BOOT_SCRIPT_UNKNOWN`; `BOOT_CHECK_NOT_CARRIED_OUT` where it says nothing about the standby; a cancelling signal throws its reason
 */
export const testFailover = async (options: TestFailoverOptions): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, clock, log } = options
  const script = scriptOf(options)
  const owner = ownerOf(repository.id)
  const standby = await pool.standbys.find(spec.replicaId, owner)
  if (!standby) throw new StandbyMissingError(spec.vmName)
  const state = stateFor(standby, spec.pointId)
  const at = clock.now()
  // Asked first: a pool that falls silent behind the boot must not cost what was found out.
  const { version } = await pool.describe()
  const notes: string[] = []
  const made: Made = {}
  let result: BootCheckResult
  try {
    const findings = await boot(options, state, script, made)
    result = {
      ...{ kind: 'boot-check', jobId, at, poolUuid: spec.poolUuid },
      version,
      standby: {
        uuid: standby.record.uuid,
        name: standby.record.name_label,
        pointId: state.mark.point.pointId,
      },
      ...findings,
      sentence: `Test failover of the state of ${instant(state.mark.point.taken)} UTC: ${findings.sentence}`,
    }
    await keepResult(options, state.mark.point.pointId, result, notes)
    if (spec.keepSeconds > 0) await stayUp(options, made, notes)
  } finally {
    context.report({ phase: 'removing the copy' })
    await remove(made).catch(error => {
      log.warn(`The copy of test failover ${jobId} could not be removed yet`, error)
      notes.push(
        `The copy of the standby could not be removed yet: ${asXenkeepError(error).message} The gateway tries again when the job has ended.`,
      )
    })
  }
  return { outcome: { status: 'boot-checked', result, notes: bounded(notes) } }
}

interface Made {
  copy?: StandbyCopy
  booted?: BootedVm
}

const remove = async ({ copy, booted }: Made): Promise<void> => {
  await booted?.off()
  await copy?.discard()
}

const instant = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** A state is whole also while a round writes the standby. @throws `STATE_MISSING` */
const stateFor = ({ mark, states }: Standby, pointId: string | undefined): KeptState => {
  const found = pointId ? states.find(state => state.mark.point.pointId === pointId) : states.at(-1)
  if (found) return found
  const known = states.map(state => state.mark.point.pointId)
  throw new StateMissingError(pointId ?? mark.point.pointId, known)
}

const boot = (
  options: TestFailoverOptions,
  state: KeptState,
  script: readonly string[] | undefined,
  made: Made,
): Promise<Findings> => {
  const { jobId, spec, pool, repository, context } = options
  return bootWithin(options, {
    script,
    words: { prepared: 'copied', starting: 'starting the copy', what: 'the standby' },
    async prepare(signal) {
      const hadTools = await toolsOf(options, state)
      context.report({ phase: 'copying the state of the standby' })
      const maker = { jobId, owner: ownerOf(repository.id) }
      const copy = await pool.standbys.copy(state, { ...maker, networkUuid: spec.networkUuid })
      made.copy = copy
      signal.throwIfAborted()
      await copy.rename(`${spec.vmName.slice(0, 900)} (test failover)`)
      return { vm: copy, pointId: state.mark.point.pointId, hadTools }
    },
    onBooted: booted => {
      made.booted = booted
    },
  })
}

/** Whether guest tools had told of the operating system when the point was taken; a point that cannot be read tells of none. */
const toolsOf = async (
  { repository, log }: TestFailoverOptions,
  { mark: { point } }: KeptState,
): Promise<boolean> => {
  try {
    const known = await findPointOfJob(repository, point.vmUuid, point.pointId)
    return Object.keys(known?.subject.vm.guestOs ?? {}).length > 0
  } catch (error) {
    log.warn(`The recovery point ${point.pointId} cannot be read; its standby is tested`, error)
    return false
  }
}

/** Until the time is over or a person cancels: both are as good. An agent that ends, or a lost lease, is not. */
const stayUp = async (
  { spec, context, clock, timer }: TestFailoverOptions,
  { copy }: Made,
  notes: string[],
): Promise<void> => {
  const { signal } = context
  const until = instant(clock.now() + spec.keepSeconds * 1_000)
  const name = `"${spec.vmName.slice(0, 100)} (test failover)"`
  context.report({ phase: `${name} stays up until ${until} UTC; cancel the run to end it` })
  const over = AbortSignal.any([signal, timer(spec.keepSeconds * 1_000)])
  await new Promise<void>(resolve => {
    if (over.aborted) resolve()
    over.addEventListener('abort', () => resolve(), { once: true })
  })
  if (signal.aborted && !(signal.reason instanceof JobCancelledError)) throw signal.reason
  notes.push(`The copy (${copy?.uuid}) stayed up for people to look at.`)
}
