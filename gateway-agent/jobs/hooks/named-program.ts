import { runScript } from '../boot-check/boot-script.ts'

export interface NamedProgram {
  /** Programs with their arguments, by name: of our own settings. */
  scripts: Readonly<Record<string, readonly string[]>>
  script: string
  timeoutSeconds: number
  /** JSON on its standard input. */
  facts: object
  environment?: Readonly<Record<string, string>>
  /** Ends it, with what it has started. */
  signal: AbortSignal
  /** A signal that is aborted after so many ms. */
  timer: (ms: number) => AbortSignal
}

/**
 * Runs a program that a policy names.
 * @returns the last line that it wrote; or `trouble`, why it did not do its work, in a sentence
 */
export const runNamed = async ({
  scripts,
  script,
  timeoutSeconds,
  facts,
  environment,
  signal,
  timer,
}: NamedProgram): Promise<{ said: string } | { trouble: string }> => {
  const argv = Object.hasOwn(scripts, script) ? scripts[script] : undefined
  if (!argv)
    return {
      trouble: `the settings of this gateway have no program "${script}" (hookScripts).`,
    }
  const late = timer(timeoutSeconds * 1_000)
  const ends = AbortSignal.any([signal, late])
  const { exitCode, said } = await runScript(argv, facts, ends, environment)
  if (exitCode === 0) return { said }
  const how = late.aborted
    ? `"${script}" took longer than ${timeoutSeconds} s`
    : exitCode === undefined
      ? `"${script}" was ended or could not be started`
      : `"${script}" ended with exit code ${exitCode}`
  return { trouble: `${how}${said ? `: ${said}` : '.'}`.slice(0, 400) }
}
