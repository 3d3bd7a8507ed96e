import { basename, win32 } from 'node:path'
import type { Program, Told } from '#core/recipes/action.ts'
import { knownFailure } from '#core/recipes/known-failures.ts'
import type { Keeper, Kept } from './content.ts'
import type { ProgramEnd, StepPorts } from './ports.ts'
import type { Staging } from './staging.ts'

/** What one action works with. */
export interface ActionRoom {
  ports: StepPorts
  staging: Staging
  /** By the recipe's names; those that the guest's settings do not name are not there. */
  secrets: ReadonlyMap<string, string>
  /** Takes secrets out of a text. */
  redact(text: string): string
  keeper?: Keeper | undefined
  kept?: Kept | undefined
  /** Tells what came of the step, for its result. */
  note(text: string): void
  signal: AbortSignal
}

/** A step that did not do its work: why, as a sentence without secrets. */
export class ActionError extends Error {}

export const programOf = ({ argv, env }: Program, room: ActionRoom) => ({
  argv,
  env: revealAll(env, room),
  folder: room.staging.path,
  signal: room.signal,
})

export const reveal = (told: Told, { secrets }: ActionRoom): string | undefined =>
  'text' in told ? told.text : secrets.get(told.secret)

/** What is empty, or a secret that the guest does not have, is left out: then the program's own default counts. */
export const revealAll = (
  all: Readonly<Record<string, Told>>,
  room: ActionRoom,
): Record<string, string> => {
  const revealed: Record<string, string> = {}
  for (const [name, told] of Object.entries(all)) {
    const value = reveal(told, room)
    if (value !== undefined && value !== '') revealed[name] = value
  }
  return revealed
}

/** Secrets are taken out before anything is cut: half of one would not be found. */
export const saidBy = (
  { stderr, stdout, trouble, exit }: ProgramEnd,
  { redact }: Pick<ActionRoom, 'redact'>,
): string => {
  const lines = redact(stderr.trim() || stdout.trim())
    .split('\n')
    .slice(-3)
    .join(' ')
    .trim()
  return [trouble ?? `exit code ${exit}`, ...(lines ? [lines.slice(-400)] : [])].join(': ')
}

export const guardEnd = (
  { argv: [program = ''] }: Program,
  end: ProgramEnd,
  expect: { exit: readonly number[]; stdout?: string | undefined; stderr?: string | undefined },
  room: ActionRoom,
): void => {
  // Some say only in words that they failed: DiskShadow ends with 0 where a drive letter was in use.
  const said = { program, all: `${end.stderr}\n${end.stdout}` }
  if (end.exit === undefined || !expect.exit.includes(end.exit)) fail(saidBy(end, room), room, said)
  for (const from of ['stdout', 'stderr'] as const) {
    const pattern = expect[from]
    if (pattern !== undefined && !new RegExp(pattern, 'mu').test(end[from]))
      fail(`what it wrote is not what it has to be (${pattern}): ${saidBy(end, room)}`, room, said)
  }
}

/** @param all everything that was said, where `said` is only the end of it */
export const fail = (
  said: string,
  room: ActionRoom,
  { program = '', all = said }: { program?: string; all?: string } = {},
): never => {
  const text = room.redact(all)
  room.staging.guardFull(text)
  throw (
    knownFailure({ program: basename(win32.basename(program)), text }) ??
    new ActionError(room.redact(said))
  )
}
