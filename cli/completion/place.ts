import type { Argument, Command, Option } from 'commander'

/** What may stand at the cursor. */
export interface Place {
  command: Command
  /** Commands and options are possible here. */
  options: readonly Option[]
  commands: readonly Command[]
  /** The value that is asked for. */
  value?: Argument | Option
  /** Of `value`: what stands before it in the same word, such as `--vm=`. */
  before: string
  /** What `--data` names further left. */
  data?: string
}

/**
 * Walks a command line along the program itself, so that what is offered is what it takes.
 * @param words without the name of the program, and without the word at the cursor
 */
export const placeOf = (root: Command, words: readonly string[], current: string): Place => {
  let command = root
  let positional = 0
  let pending: Option | undefined
  let onlyArguments = false
  let data: string | undefined
  for (const word of words) {
    if (pending?.required || (pending?.optional && !word.startsWith('-'))) {
      if (pending.long === '--data') data = word
      pending = undefined
      continue
    }
    pending = undefined
    if (onlyArguments) positional++
    else if (word === '--') onlyArguments = true
    else if (word.startsWith('-')) {
      const [name, value] = halves(word)
      const option = optionsOf(command).find(({ long, short }) => name === long || name === short)
      if (value === undefined) pending = option
      else if (option?.long === '--data') data = value
    } else {
      const child = positional === 0 ? childOf(command, word) : undefined
      if (child) command = child
      else positional++
    }
  }
  const at = { command, before: '', ...(data !== undefined && { data }) }
  if (pending?.required) return { ...at, options: [], commands: [], value: pending }
  const argument = argumentAt(command, positional)
  const value = pending?.optional ? pending : argument
  if (onlyArguments) return { ...at, options: [], commands: [], ...(value && { value }) }
  if (current.startsWith('-')) {
    const [name, given] = halves(current)
    if (given === undefined) return { ...at, options: optionsOf(command), commands: [] }
    const option = optionsOf(command).find(({ long, short }) => name === long || name === short)
    const takes = option && (option.required || option.optional)
    return { ...at, before: `${name}=`, options: [], commands: [], ...(takes && { value: option }) }
  }
  const commands = positional === 0 ? command.createHelp().visibleCommands(command) : []
  return { ...at, options: [], commands, ...(value && { value }) }
}

export const optionsOf = (command: Command): readonly Option[] =>
  command.createHelp().visibleOptions(command)

const halves = (word: string): [string, string | undefined] => {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

const childOf = (command: Command, word: string): Command | undefined =>
  command.commands.find(child => child.name() === word || child.aliases().includes(word))

const argumentAt = (command: Command, at: number): Argument | undefined => {
  const last = command.registeredArguments.at(-1)
  return command.registeredArguments[at] ?? (last?.variadic ? last : undefined)
}
