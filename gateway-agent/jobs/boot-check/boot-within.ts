import type { BootCheckSpec } from '#core/contracts/boot-check.ts'
import {
  BootCheckNotCarriedOutError,
  BootCheckOutOfTimeError,
  BootScriptUnknownError,
} from '#core/errors/boot-check.ts'
import type { Clock } from '#core/ports.ts'
import type { BootedVm } from '../../targets/boot.ts'
import type { JobOptions } from '../job-options.ts'
import { type Findings, fairMs, watchBoot } from './boot-watch.ts'

type BootSpec = Pick<
  BootCheckSpec,
  'vmName' | 'poolUuid' | 'script' | 'guestVerdict' | 'timeoutSeconds'
>

/** What a job works with that starts a VM to look at it. */
export interface BootOptions<Spec extends BootSpec> extends JobOptions<Spec> {
  clock: Clock
  /** Ends after so many ms. */
  timer: (ms: number) => AbortSignal
  /** Programs of this gateway's settings, by name. */
  scripts: Readonly<Record<string, readonly string[]>>
}

export interface BootPlan {
  script: readonly string[] | undefined
  /** Participles and phases for people: what is done before the start, and the start. */
  words: { prepared: string; starting: string; what?: string }
  /** Makes what is to be started. */
  prepare(signal: AbortSignal): Promise<{
    vm: { ref: string; uuid: string }
    /** The recovery point that it holds. */
    pointId: string
    /** Whether guest tools had told of the operating system when the point was taken. */
    hadTools: boolean
  }>
  /** What was started has to be switched off, whatever comes of it. */
  onBooted(booted: BootedVm): void
  /** What a failure says about the point itself, where it does. */
  findingsOf?(error: unknown): Findings | undefined
}

/** @throws `BOOT_SCRIPT_UNKNOWN` */
export const scriptOf = ({
  spec,
  scripts,
}: Pick<BootOptions<BootSpec>, 'spec' | 'scripts'>): readonly string[] | undefined => {
  if (spec.script === undefined) return undefined
  const script = Object.hasOwn(scripts, spec.script) ? scripts[spec.script] : undefined
  if (!script) throw new BootScriptUnknownError(spec.script)
  return script
}

/**
 * Makes a VM, starts it and looks at it, all within one budget of time.
 * @throws `BOOT_CHECK_NOT_CARRIED_OUT` where nothing was found out; a cancelling signal throws its reason
 */
export const bootWithin = async (
  { spec, pool, context, clock, timer }: BootOptions<BootSpec>,
  { script, words, prepare, onBooted, findingsOf }: BootPlan,
): Promise<Findings> => {
  const { timeoutSeconds, vmName, guestVerdict = false } = spec
  const budget = timer(timeoutSeconds * 1_000)
  const signal = AbortSignal.any([context.signal, budget])
  let phase = words.prepared
  try {
    const { vm, pointId, hadTools } = await prepare(signal)
    signal.throwIfAborted()
    phase = 'started'
    context.report({ phase: words.starting })
    const started = clock.now()
    const booted = await pool.bootVm(vm, signal)
    onBooted(booted)
    const facts = { pointId, vmName, poolUuid: pool.uuid, vmUuid: vm.uuid }
    const findings = await watchBoot(booted, {
      ...{ started, clock, signal, budget, timeoutSeconds, hadTools, guestVerdict },
      fairMs: fairMs(timeoutSeconds),
      report: phase => context.report({ phase }),
      ...(script && spec.script && { script: { name: spec.script, argv: script, facts } }),
    })
    context.signal.throwIfAborted()
    return findings
  } catch (error) {
    context.signal.throwIfAborted()
    const findings = findingsOf?.(error)
    if (findings) return findings
    const isOutOfTime = budget.aborted && !(error instanceof BootCheckOutOfTimeError)
    const why = isOutOfTime ? new BootCheckOutOfTimeError(timeoutSeconds, phase) : error
    throw new BootCheckNotCarriedOutError(why, words.what)
  }
}
