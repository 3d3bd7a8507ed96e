import type { Hooks } from '#core/contracts/hooks.ts'
import { HookFailedError } from '#core/errors/policies.ts'
import type { JobContext, Performed } from '../../control/leased-job.ts'
import type { Log } from '../../log.ts'
import { runScript } from '../boot-check/boot-script.ts'

export interface HookOptions {
  hooks: Hooks | undefined
  /** Programs with their arguments, by name: of our own settings. */
  scripts: Readonly<Record<string, readonly string[]>>
  /** JSON on standard input of each program, beside `when` and, after the backup, `status`. */
  facts: { jobId: string; policyId?: string; vmUuid: string; vmName: string; poolUuid: string }
  context: Pick<JobContext, 'signal' | 'report'>
  /** A signal that is aborted after so many ms. */
  timer: (ms: number) => AbortSignal
  log: Log
}

/**
 * Does a backup between the two programs of its policy. A job that is done again runs them again.
 * @throws `HOOK_FAILED` where the first one fails and the policy wants no backup then; what the backup throws
 */
export const withHooks = async (
  options: HookOptions,
  backup: () => Promise<Performed>,
): Promise<Performed> => {
  const { hooks, context } = options
  if (!hooks) return backup()
  const notes: string[] = []
  let status = 'failed'
  try {
    if (hooks.before) {
      context.report({ phase: 'running the program before the backup' })
      const trouble = await run(options, hooks.before, { when: 'before' })
      context.signal.throwIfAborted()
      if (trouble && hooks.before.ifFails === 'fail') throw new HookFailedError(trouble)
      if (trouble) notes.push(`The program before the backup failed: ${trouble}`)
    }
    const performed = await backup()
    status = performed.outcome.status
    const trouble = await afterwards(options, status)
    if (trouble) notes.push(`The program after the backup failed: ${trouble}`)
    return noted(performed, notes)
  } catch (error) {
    if (status === 'failed') {
      const trouble = await afterwards(options, status)
      if (trouble) options.log.warn(`The program after a failed backup failed: ${trouble}`)
    }
    throw error
  }
}

/** @returns why it failed */
const afterwards = async (
  { context, ...options }: HookOptions,
  status: string,
): Promise<string | undefined> => {
  const { hooks } = options
  if (!hooks?.after) return undefined
  context.report({ phase: 'running the program after the backup' })
  // Also of a job that was cancelled: what the first program stopped has to be started again.
  const signal = new AbortController().signal
  return run({ ...options, context: { ...context, signal } }, hooks.after, {
    when: 'after',
    status,
  })
}

const run = async (
  { scripts, facts, context, timer }: HookOptions,
  { script, timeoutSeconds }: { script: string; timeoutSeconds: number },
  more: { when: 'before' | 'after'; status?: string },
): Promise<string | undefined> => {
  const argv = Object.hasOwn(scripts, script) ? scripts[script] : undefined
  if (!argv) return `the settings of this gateway have no program "${script}" (hookScripts).`
  const late = timer(timeoutSeconds * 1_000)
  const { exitCode, said } = await runScript(
    argv,
    { ...facts, ...more },
    AbortSignal.any([context.signal, late]),
  )
  if (exitCode === 0) return undefined
  const how = late.aborted
    ? `"${script}" took longer than ${timeoutSeconds} s`
    : exitCode === undefined
      ? `"${script}" was ended or could not be started`
      : `"${script}" ended with exit code ${exitCode}`
  return `${how}${said ? `: ${said}` : '.'}`.slice(0, 400)
}

const noted = (performed: Performed, notes: readonly string[]): Performed =>
  notes.length > 0 && performed.outcome.status === 'backed-up'
    ? {
        ...performed,
        outcome: {
          ...performed.outcome,
          notes: [...notes, ...performed.outcome.notes].slice(0, 50),
        },
      }
    : performed
