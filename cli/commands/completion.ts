import { Argument, Command } from 'commander'
import { action, answer, clientFor, newCommand, type Program } from '../command.ts'
import { bashWord } from '../completion/bash-words.ts'
import { candidatesAt } from '../completion/candidates.ts'
import { ASK, SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts'
import { splitShellLine } from '../completion/shell-line.ts'
import { ExitCode } from '../exit-codes.ts'
import { print } from '../host.ts'

/** `xenkeep completion SHELL`. JSON: `{"shell":…,"script":…}`. */
export const completionCommand = (program: Program) =>
  newCommand(
    'completion',
    'print what a shell reads to complete commands and names with the tab key',
    [
      'source <(xenkeep completion bash)   # this shell; the same line in ~/.bashrc: every one',
      'xenkeep completion zsh > ~/.zfunc/_xenkeep   # a folder that ~/.zshrc adds to fpath',
      'xenkeep completion fish > ~/.config/fish/completions/xenkeep.fish',
    ],
  )
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
    .action(
      action(program, async (session, shell: Shell) => {
        const script = SCRIPTS[shell]
        answer(session, { shell, script }, () => [script.trimEnd()])
        return ExitCode.ok
      }),
    )

/** `xenkeep __complete SHELL -- …`: what the scripts call at the tab key. It writes nothing but words, and never fails. */
export const askCommand = (program: Program, root: Command) =>
  new Command(ASK)
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .argument('[words...]')
    .action(async (shell: Shell, given: string[]) => {
      const { host } = program
      const line =
        shell === 'bash'
          ? splitShellLine(given[1] ?? '', given[0])
          : {
              ...splitShellLine(''),
              words: ['xenkeep', ...given.slice(0, -1)],
              current: given.at(-1) ?? '',
            }
      const { files, words } = await candidatesAt(root, line.words.slice(1), line.current, data =>
        clientFor(host, data),
      )
      print(host, files ? 'files' : 'words')
      for (const { value, about } of words) {
        const word = shell === 'bash' ? bashWord(value, line) : about ? `${value}\t${about}` : value
        if (word !== undefined) print(host, word)
      }
    })
