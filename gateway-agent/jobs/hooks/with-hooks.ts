import type { Hooks } from '#core/contracts/hooks.ts'
import { toProblem } from '#core/errors/base.ts'
import { HookFailedError } from '#core/errors/policies.ts'
import { JobCancelledError } from '../../control/errors.ts'
import type { JobContext, Performed } from '../../control/leased-job.ts'
import type { Log } from '../../log.ts'
import { runNamed } from './named-program.ts'

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
    const trouble = status === 'failed' ? await afterwards(options, status) : undefined
    if (trouble === undefined) throw error
    options.log.warn(`The program after a failed backup failed: ${trouble}`, error)
    return withTrouble(context.signal, error, trouble)
  }
}

/** What a backup came to that ended without a point, with what its last program made of it. @throws the error where the job goes on elsewhere or later */
const withTrouble = (signal: AbortSignal, error: unknown, trouble: string): Performed => {
  const told = `The program after the backup failed: ${trouble}`
  if (signal.reason instanceof JobCancelledError)
    return { outcome: { status: 'cancelled', notes: [told] } }
  if (signal.aborted) throw error
  const problem = toProblem(error)
  return {
    outcome: { status: 'failed', problem: { ...problem, message: `${problem.message} ${told}` } },
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
  const { signal } = context
  const told = { ...facts, ...more }
  const ran = await runNamed({ scripts, script, timeoutSeconds, facts: told, signal, timer })
  return 'trouble' in ran ? ran.trouble : undefined
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
