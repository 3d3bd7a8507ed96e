import { Command } from 'commander'
import type { Client } from '#core/contracts/client.ts'
import { localClient } from './control-plane.ts'
import { dataDirectory } from './data-directory.ts'
import type { ExitCode } from './exit-codes.ts'
import { type Host, print, printJson } from './host.ts'
import { withExamples } from './manual/examples.ts'
import { remoteClient, remoteOf } from './remote.ts'

/** What every command is given beside its own arguments. */
export interface Session {
  host: Host
  dataDir: string
  /** Machine-readable output on standard output, nothing else there. */
  json: boolean
  client: Client
  /** The client talks to a control plane elsewhere (`XENKEEP_URL`), and nothing of it lies in the data directory. */
  remote: boolean
}

/** A program: its host, and the exit code that the command which ran has decided on. */
export interface Program {
  host: Host
  exitCode: ExitCode
  /** Set before a command runs, so that a failure is shown the way that was asked for. */
  json: boolean
}

export const withGlobalOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory (default: $XENKEEP_DATA or ~/.local/share/xenkeep)')
    .option('--json', 'machine-readable output: JSON on standard output, nothing else there')

/** A new command with the global options. Its help ends with the examples; what stands before them tells its page in `manual/pages/`. */
export const newCommand = (
  name: string,
  description: string,
  examples: readonly string[],
): Command => withExamples(withGlobalOptions(new Command(name).description(description)), examples)

/**
 * @param work gets the session, then the command's arguments and its options; what it returns is the exit code
 * @returns a listener for commander's `action`
 */
export const action =
  <Arguments extends unknown[]>(
    program: Program,
    work: (session: Session, ...args: Arguments) => Promise<ExitCode>,
  ) =>
  async (...args: unknown[]): Promise<void> => {
    const command = args.at(-1) as Command
    const { data, json = false } = command.optsWithGlobals<{ data?: string; json?: boolean }>()
    program.json = json
    const { host } = program
    const session = {
      host,
      dataDir: dataDirectory(data, host.env),
      json,
      client: clientFor(host, data),
      remote: remoteFor(host, data) !== undefined,
    }
    // Commander passes arguments, options, command.
    const { data: _data, json: _json, ...options } = args.at(-2) as Record<string, unknown>
    const given = [...args.slice(0, -2), options] as Arguments
    program.exitCode = await work(session, ...given)
  }

/** What the command line names counts more than the environment. */
const remoteFor = (host: Host, data: string | undefined) =>
  data === undefined ? remoteOf(host) : undefined

/**
 * A client for the control plane that is meant.
 * @param data what `--data` names
 * @throws `CONTROL_URL_INVALID`
 */
export const clientFor = (host: Host, data: string | undefined): Client => {
  const remote = remoteFor(host, data)
  return remote
    ? remoteClient(remote, host.fetch)
    : localClient(dataDirectory(data, host.env), host.fetch)
}

/** Prints one answer: the document for programs, the lines for people. */
export const answer = (
  { host, json }: Session,
  document: unknown,
  lines: () => readonly string[],
): void => {
  if (json) printJson(host, document)
  else print(host, ...lines())
}
