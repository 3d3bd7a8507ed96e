import { Command, CommanderError } from 'commander'
import { type Program, withGlobalOptions } from './command.ts'
import { auditCommand } from './commands/audit.ts'
import { backupCommand } from './commands/backup.ts'
import { bootCheckCommand } from './commands/boot-check.ts'
import { bootChecksCommand } from './commands/boot-checks.ts'
import { cancelCommand } from './commands/cancel.ts'
import { channelsCommand } from './commands/channels.ts'
import { checkCommand } from './commands/check.ts'
import { askCommand, completionCommand } from './commands/completion.ts'
import { consoleCommand } from './commands/console.ts'
import { costCommand } from './commands/cost.ts'
import { demoCommand } from './commands/demo.ts'
import { failbackCommand, failoverCommand } from './commands/failover.ts'
import { filesCommand } from './commands/files.ts'
import { gatewaysCommand } from './commands/gateways.ts'
import { guestsCommand } from './commands/guests.ts'
import { loginCommand, logoutCommand } from './commands/login.ts'
import { maintenanceCommand } from './commands/maintenance.ts'
import { notificationsCommand } from './commands/notifications.ts'
import { openapiCommand } from './commands/openapi.ts'
import { overviewCommand } from './commands/overview.ts'
import { pointsCommand } from './commands/points.ts'
import { policiesCommand } from './commands/policies/index.ts'
import { poolsCommand } from './commands/pools.ts'
import { regionCommand } from './commands/region.ts'
import { replicasCommand } from './commands/replicas.ts'
import { replicateCommand } from './commands/replicate.ts'
import { repoCommand } from './commands/repo/index.ts'
import { repositoryCommand } from './commands/repository.ts'
import { restoreCommand } from './commands/restore.ts'
import { runsCommand } from './commands/runs.ts'
import { serveCommand } from './commands/serve.ts'
import { siteCommand } from './commands/sites/index.ts'
import { statisticsCommand } from './commands/statistics.ts'
import { tokensCommand } from './commands/tokens.ts'
import { treeCommand } from './commands/tree/index.ts'
import { upCommand } from './commands/up.ts'
import { vmsCommand } from './commands/vms.ts'
import { whoamiCommand } from './commands/whoami.ts'
import { adviceFor, UsageError } from './errors.ts'
import { EXIT_CODE_MEANINGS, ExitCode } from './exit-codes.ts'
import type { Host } from './host.ts'
import { helpWidth, withManual } from './manual/attach.ts'
import { withExamples } from './manual/examples.ts'
import { showFailure } from './output/failure.ts'

/** In the order of `xenkeep --help`. */
const commands = [
  upCommand,
  consoleCommand,
  loginCommand,
  logoutCommand,
  whoamiCommand,
  overviewCommand,
  vmsCommand,
  poolsCommand,
  backupCommand,
  policiesCommand,
  siteCommand,
  runsCommand,
  cancelCommand,
  pointsCommand,
  restoreCommand,
  bootCheckCommand,
  bootChecksCommand,
  replicateCommand,
  replicasCommand,
  failoverCommand,
  failbackCommand,
  serveCommand,
  filesCommand,
  repositoryCommand,
  statisticsCommand,
  maintenanceCommand,
  checkCommand,
  tokensCommand,
  auditCommand,
  repoCommand,
  treeCommand,
  gatewaysCommand,
  guestsCommand,
  regionCommand,
  costCommand,
  channelsCommand,
  notificationsCommand,
  openapiCommand,
  demoCommand,
  completionCommand,
]

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
  const root = programOf(program, version)
  try {
    await root.parseAsync(args, { from: 'user' })
    return program.exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.ok
    // No command at all: commander has shown the help.
    if (error instanceof CommanderError && error.code === 'commander.help') return ExitCode.usage
    return showFailure(host, adviceFor(usageOf(error), typed(root, args)), program)
  }
}

/** All commands, as commander knows them. */
export const programOf = (program: Program, version: string): Command => {
  const root = withExamples(withGlobalOptions(new Command('xenkeep')), [
    'xenkeep overview',
    'xenkeep backup db-01',
    'xenkeep restore latest:db-01 --plan',
  ])
    .description('Backup and disaster recovery for XenServer and XCP-ng virtual machines.')
    .version(version)
    .addHelpText('after', afterHelp)
  for (const command of commands) root.addCommand(command(program))
  root.addCommand(askCommand(program, root), { hidden: true })
  speakOurWay(root, program.host)
  return root
}

/** Commander prints and exits by itself; here it writes to the host and throws instead. */
const speakOurWay = (root: Command, host: Host): void => {
  for (const command of [root, ...descendants(root)])
    withManual(command, host)
      // Else options behind a subcommand would be taken for those of the command above it.
      .enablePositionalOptions()
      .exitOverride()
      .showSuggestionAfterError(true)
      .configureOutput({
        getOutHelpWidth: () => helpWidth(host.stdout),
        getErrHelpWidth: () => helpWidth(host.stdout),
        writeOut: text => host.stdout.write(text),
        writeErr: text => host.stderr.write(text),
        outputError: () => {},
      })
}

const descendants = (command: Command): readonly Command[] =>
  command.commands.flatMap(child => [child, ...descendants(child)])

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

const afterHelp = `
Sizes are in binary units (1 KiB = 1,024 B), times in your time zone. Secrets are read from files,
from the environment or from a prompt, never from the command line.

With --json, standard output holds one JSON document, or one per line for commands that take long;
"xenkeep COMMAND --help" tells which. Sizes are bytes there, and times ms since 1970, unless a name
says otherwise. A failure is {"error": {code, message, advice, retryable}}.

Exit codes:
${EXIT_CODE_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}`
