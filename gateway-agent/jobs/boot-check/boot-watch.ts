import type { BootCheckResult } from '#core/contracts/boot-check.ts'
import { BootCheckOutOfTimeError } from '#core/errors/boot-check.ts'
import type { Clock } from '#core/ports.ts'
import type { BootedVm, BootState } from '../../targets/boot.ts'
import { runScript } from './boot-script.ts'

/** xenstore key by which a guest tells what it thinks of itself: `ok`, or anything else as the reason why not. */
export const GUEST_VERDICT = 'vm-data/xenkeep/verdict'

export type Findings = Pick<
  BootCheckResult,
  'verdict' | 'host' | 'runningAfterMs' | 'toolsAfterMs' | 'script' | 'guestSaid' | 'sentence'
>

/** What a guest gets at least for booting before its silence counts, or a third of the budget; one that is not known to have tools gets no more. */
export const fairMs = (timeoutSeconds: number): number =>
  Math.min(120_000, (timeoutSeconds * 1_000) / 3)

interface WatchOptions {
  /** When the order to start was given, ms since 1970. */
  started: number
  clock: Clock
  /** Ends everything: the budget, or a person. */
  signal: AbortSignal
  budget: AbortSignal
  timeoutSeconds: number
  /** Tools that do not answer within less say nothing: restoring took the time. A guest that is not known to have tools is watched for so long. ms after Running */
  fairMs: number
  /** Whether guest tools had told of the operating system when the point was taken. */
  hadTools: boolean
  guestVerdict: boolean
  script?: { name: string; argv: readonly string[]; facts: Record<string, string> }
  report: (phase: string) => void
}

/**
 * Watches a VM that was started until enough is known, or the budget is used up.
 * @throws what the pool says, the reason of `signal` where that is not the budget, `BOOT_CHECK_OUT_OF_TIME` where too little was left for booting
 */
export const watchBoot = async (booted: BootedVm, options: WatchOptions): Promise<Findings> => {
  const { started, clock, hadTools, guestVerdict, report } = options
  const after = () => Math.max(0, clock.now() - started)
  // XenServer has said that it runs: VM.start returns no earlier.
  const seen: Pick<Findings, 'host' | 'toolsAfterMs' | 'guestSaid'> & { runningAfterMs: number } = {
    runningAfterMs: after(),
  }
  const toolsAreDue = () => seen.toolsAfterMs === undefined && hadTools
  const enough = () =>
    guestVerdict
      ? seen.guestSaid !== undefined && !toolsAreDue()
      : seen.toolsAfterMs !== undefined || (!hadTools && ranMs() >= options.fairMs)
  const ranMs = () => after() - seen.runningAfterMs
  const look = ({ tools, host, xenstore }: BootState) => {
    if (host !== '') seen.host = host
    if (tools) seen.toolsAfterMs ??= after()
    const said = xenstore[GUEST_VERDICT]
    if (guestVerdict && said !== undefined) seen.guestSaid = said.slice(0, 500)
    report(waitingFor(seen, guestVerdict))
  }

  let last: BootState | undefined
  try {
    for await (const state of booted.states()) {
      last = state
      look(state)
      if (state.powerState === 'Halted') break
      if (enough()) break
    }
  } catch (error) {
    if (!options.budget.aborted) throw error
  }
  if (last?.powerState === 'Halted')
    return {
      ...seen,
      verdict: 'did-not-boot',
      sentence: `It did not boot: the VM stopped by itself within ${seconds(after())}, as a guest does that crashes or finds no system.`,
    }
  if (seen.toolsAfterMs === undefined && !enough() && ranMs() < options.fairMs)
    throw new BootCheckOutOfTimeError(options.timeoutSeconds, 'booting')
  if (toolsAreDue())
    return {
      ...seen,
      verdict: 'did-not-boot',
      sentence: `It ran for ${seconds(after())}, but its guest tools, which had answered when it was backed up, did not. It may only need more time.`,
    }
  return judged(seen, ranMs(), options)
}

const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1_000))} s`

const waitingFor = (
  { toolsAfterMs }: Pick<Findings, 'toolsAfterMs'>,
  guestVerdict: boolean,
): string => {
  if (toolsAfterMs === undefined) return 'running; waiting for its guest tools'
  return guestVerdict ? 'waiting for the verdict of the guest' : 'its guest tools answered'
}

/** It has booted, as far as that can be seen; now those are asked who know more. */
const judged = async (
  seen: Pick<Findings, 'host' | 'runningAfterMs' | 'toolsAfterMs' | 'guestSaid'>,
  ranMs: number,
  { guestVerdict, script, signal, budget, report }: WatchOptions,
): Promise<Findings> => {
  const booted =
    seen.toolsAfterMs === undefined
      ? `It was Running after ${seconds(seen.runningAfterMs ?? 0)} and ran on for ${seconds(ranMs)}; no guest tools answered, and the point does not tell of any, so more is not known`
      : `Booted, guest tools answered after ${seconds(seen.toolsAfterMs)}`
  const verdict = seen.toolsAfterMs === undefined ? 'running' : 'tools'
  const refused = (why: string, more: Partial<Findings> = {}): Findings => ({
    ...seen,
    ...more,
    verdict: 'refused',
    sentence: `${booted}. But ${why}`,
  })
  if (guestVerdict && seen.guestSaid === undefined)
    return refused('the guest gave no verdict of its own in time.')
  if (guestVerdict && seen.guestSaid !== 'ok') return refused(`the guest said: ${seen.guestSaid}`)
  const guest = guestVerdict ? ', the guest said ok' : ''
  if (!script) return { ...seen, verdict, sentence: `${booted}${guest}.` }

  report(`asking the script ${script.name}`)
  const facts = { ...script.facts, ...(seen.host && { host: seen.host }) }
  const { exitCode, said } = await runScript(script.argv, facts, signal)
  if (signal.aborted && !budget.aborted) throw signal.reason
  const asked = { name: script.name, said, ...(exitCode !== undefined && { exitCode }) }
  if (exitCode === 0)
    return {
      ...seen,
      script: asked,
      verdict,
      sentence: `${booted}${guest}, and the script "${script.name}" was content.`,
    }
  const how =
    exitCode === undefined
      ? budget.aborted
        ? 'was still at work when the time was over'
        : 'could not be run to its end'
      : `ended with ${exitCode}`
  return refused(`the script "${script.name}" ${how}${said ? `: ${said}` : '.'}`, { script: asked })
}
