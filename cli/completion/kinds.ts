import { Argument, type Option } from 'commander'

/** What XenKeep is asked for. */
export type Named = 'vm' | 'policy' | 'gateway' | 'guest' | 'channel' | 'point' | 'run' | 'token'

/** By the placeholder that the help shows: `<vm>`, `[points...]`. */
const NAMED: Readonly<Record<string, Named>> = {
  vm: 'vm',
  policy: 'policy',
  policies: 'policy',
  gateway: 'gateway',
  guest: 'guest',
  channel: 'channel',
  point: 'point',
  points: 'point',
  run: 'run',
  'token-id': 'token',
}

const FILES = new Set(['file', 'dir', 'directory'])

/** The word between the brackets. */
export const placeholderOf = (value: Argument | Option): string =>
  value instanceof Argument
    ? value.name()
    : (/[<[]([^>\]]+?)(\.\.\.)?[>\]]/.exec(value.flags)?.[1] ?? '')

/** @returns what XenKeep has to be asked for, `file` for the shell to look for; undefined for what only the person knows */
export const kindOf = (value: Argument | Option): Named | 'file' | undefined => {
  const placeholder = placeholderOf(value)
  return FILES.has(placeholder) ? 'file' : NAMED[placeholder]
}
