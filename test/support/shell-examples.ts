import { splitShellLine } from '#cli/completion/shell-line.ts'

/**
 * What of an example a shell would call `xenkeep` with: without the comment behind it, the other programs of a pipe, and where output goes.
 * @returns one list of words for each call, without the program's name
 */
export const callsIn = (example: string): string[][] =>
  commandsOf(example.replaceAll(/\\\n\s*/g, ''))
    .map(command => splitShellLine(`${command} `).words)
    .filter(([program]) => program === 'xenkeep')
    .map(([, ...words]) => words)

/** Splits where a shell begins another command, outside of quotes, and drops redirections and comments. */
const commandsOf = (line: string): string[] => {
  const commands: string[] = []
  let command = ''
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? ''
    if (quote) quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '#' && /(^|\s)$/.test(line.slice(0, at))) break
    else if ('|&;()<>'.includes(character)) {
      commands.push(command)
      // What stands behind ">" is a file, and not a word of the command.
      command = character === '>' ? '> ' : ''
      continue
    }
    command += character
  }
  return [...commands, command].map(each => each.trim())
}
