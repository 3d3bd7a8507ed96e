import { Command } from 'commander'
import { type Program, withGlobalOptions } from './command.ts'
import { EXIT_CODE_MEANINGS } from './exit-codes.ts'
import type { MakeCommand } from './loaders.ts'
import { withExamples } from './manual/examples.ts'

/** The program with these commands, as commander knows them. Where commander would print and exit by itself, it says nothing and throws. */
export const rootOf = (
  program: Program,
  version: string,
  commands: readonly MakeCommand[],
): Command => {
  const root = withExamples(withGlobalOptions(new Command('xenkeep')), [
    'xenkeep overview',
    'xenkeep backup db-01',
    'xenkeep restore latest:db-01 --plan',
  ])
    .description('Backup and disaster recovery for XenServer and XCP-ng virtual machines.')
    .version(version)
    .addHelpText('after', afterHelp)
  for (const make of commands) {
    const command = make(program, root)
    root.addCommand(command, { hidden: command.name().startsWith('__') })
  }
  for (const command of [root, ...descendants(root)])
    command
      // Else options behind a subcommand would be taken for those of the command above it.
      .enablePositionalOptions()
      .exitOverride()
      .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
  return root
}

export const descendants = (command: Command): readonly Command[] =>
  command.commands.flatMap(child => [child, ...descendants(child)])

const afterHelp = `
Sizes are in binary units (1 KiB = 1,024 B), times in your time zone. Secrets are read from files,
from the environment or from a prompt, never from the command line.

With --json, standard output holds one JSON document, or one per line for commands that take long;
"xenkeep COMMAND --help" tells which. Sizes are bytes there, and times ms since 1970, unless a name
says otherwise. A failure is {"error": {code, message, advice, retryable}}.

Exit codes:
${EXIT_CODE_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}`
