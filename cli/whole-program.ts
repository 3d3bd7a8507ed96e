import type { Command } from 'commander'
import type { Program } from './command.ts'
import { allCommands } from './loaders.ts'
import { helpWidth, withManual } from './manual/attach.ts'
import { descendants, rootOf } from './root.ts'

/** All commands, with their manual: help and suggestions are printed to the host. */
export const wholeProgram = async (program: Program, version: string): Promise<Command> => {
  const { host } = program
  const root = rootOf(program, version, await allCommands())
  for (const command of [root, ...descendants(root)])
    withManual(command, host)
      .showSuggestionAfterError(true)
      .configureOutput({
        getOutHelpWidth: () => helpWidth(host.stdout),
        getErrHelpWidth: () => helpWidth(host.stdout),
        writeOut: text => host.stdout.write(text),
        writeErr: text => host.stderr.write(text),
      })
  return root
}
