import { type Command, CommanderError } from 'commander'
import type { Program } from './command.ts'
import { adviceFor, UsageError } from './errors.ts'
import { ExitCode } from './exit-codes.ts'
import type { Host } from './host.ts'
import { commandOf } from './loaders.ts'
import { showFailure } from './output/failure.ts'
import { rootOf } from './root.ts'

/**
 * The whole command line.
 * @param args without the two first of `process.argv`
 * @returns the exit code; never throws
 */
export const runProgram = async (
  host: Host,
  args: readonly string[],
  version: string,
): Promise<ExitCode> => {
  const program: Program = { host, exitCode: ExitCode.ok, json: args.includes('--json') }
  try {
    if (!(await runAlone(program, args, version))) await runWhole(program, args, version)
    return program.exitCode
  } catch (error) {
    if (isHelp(error)) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    return showFailure(host, error, program)
  }
}

/**
 * Loads the command alone that the line begins with, as a rule all it takes.
 * @returns whether it ran; not where help is asked for, or the line is not understood: for that all commands are needed
 */
const runAlone = async (
  program: Program,
  args: readonly string[],
  version: string,
): Promise<boolean> => {
  const make = await commandOf(args)
  if (!make) return false
  const root = rootOf(program, version, [make])
  try {
    await root.parseAsync(args, { from: 'user' })
    return true
  } catch (error) {
    if (error instanceof CommanderError) return false
    throw adviceFor(error, typed(root, args))
  }
}

const runWhole = async (
  program: Program,
  args: readonly string[],
  version: string,
): Promise<void> => {
  const { wholeProgram } = await import('./whole-program.ts')
  const root = await wholeProgram(program, version)
  try {
    await root.parseAsync(args, { from: 'user' })
  } catch (error) {
    throw isHelp(error) ? error : adviceFor(usageOf(error), typed(root, args))
  }
}

/** It was asked for, or there was no command at all: commander has shown it. */
const isHelp = (error: unknown): error is CommanderError =>
  error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')

/** The command that a line begins with, as far as there is one. */
const typed = (root: Command, [word, ...rest]: readonly string[]): string => {
  const child = root.commands.find(command => command.name() === word)
  return child ? `${child.name()} ${typed(child, rest)}`.trim() : ''
}

const usageOf = (error: unknown): unknown => {
  if (!(error instanceof CommanderError)) return error
  // "error: unknown option '--dat'\n(Did you mean --data?)"; "error: too many arguments … but got 1: what was given." (maybe a secret)
  const [sentence = '', hint] = error.message
    .replace(/^error: /, '')
    .replace(/^(too many arguments.* but got \d+):.*$/s, '$1')
    .split('\n')
  const text = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}.`
  return hint ? new UsageError(text, hint.replace(/^\((.*)\)$/, '$1')) : new UsageError(text)
}
