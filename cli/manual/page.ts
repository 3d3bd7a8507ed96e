import type { RouteName } from '#core/contracts/routes.ts'
import type { Variable } from './variables.ts'

/**
 * What the manual tells of a command beside what its own definition says: description, arguments, options and examples stand there. The role that it takes
 * follows from the calls, so that nobody has to write it a second time.
 */
export interface ManualPage {
  /** Calls of the API that it may make. None: it asks no control plane. */
  calls: readonly RouteName[]
  /** Calls that it makes only with an option, by that option. */
  callsWith?: Readonly<Record<string, readonly RouteName[]>>
  /** What is on standard output with --json. */
  json: JsonShape
  /** What else it needs: where it has to run, rights, programs. Whole sentences. */
  needs?: readonly string[]
  /** Exit codes beside those that every command of its kind may have, with what each means here. */
  exits?: Partial<Record<'failed' | 'partly' | 'unreachable' | 'refused' | 'damaged', string>>
  /** It watches until the end of what it does; Ctrl-C ends the watching (or what it does, where it does it itself). */
  interruptible?: true
  /** Variables of the environment beside those of its kind. */
  variables?: readonly Variable[]
  /** Other commands, and pages of `docs/`. */
  see: readonly string[]
}

export type JsonShape =
  /** One document: what the call answers. */
  | { answer: RouteName }
  /** One document with these members. */
  | { members: Readonly<Record<string, Part>> }
  /** A line for each step of a run that is watched; with `detach` the first alone. */
  | { run: true }
  /** Other documents, in words. */
  | { told: string }

/** Of a document: all items of a list, one of them, or what a call answers. */
export type Part = { all: RouteName } | { one: RouteName } | { answer: RouteName }

/** By the command as it is typed, without `xenkeep`. */
export type Pages = Readonly<Record<string, ManualPage>>
