import type { Command } from 'commander'

const kept = new WeakMap<Command, readonly string[]>()

/** Gives a command the examples that stand at the end of its help: lines as somebody would type them. */
export const withExamples = (command: Command, examples: readonly string[]): Command => {
  kept.set(command, examples)
  return command
}

/** @returns none for a command that was given none */
export const examplesOf = (command: Command): readonly string[] => kept.get(command) ?? []
