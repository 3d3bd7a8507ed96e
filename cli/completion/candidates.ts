import type { Command } from 'commander'
import type { Client } from '#core/contracts/client.ts'
import { safeText } from '../output/safe-text.ts'
import { kindOf } from './kinds.ts'
import { type Candidate, namesFrom } from './names.ts'
import { placeOf } from './place.ts'

/** How long a person waits for a name at the tab key. */
const PATIENCE_MS = 1_500

export interface Candidates {
  /** The shell looks for files. */
  files: boolean
  words: readonly Candidate[]
}

/**
 * What may follow on a command line, of the commands, the options, and of what XenKeep calls its own. It never fails: where XenKeep does not answer there are
 * no names.
 * @param words without the program's own name
 * @param clientFor makes the client; `data` is what `--data` names
 */
export const candidatesAt = async (
  root: Command,
  words: readonly string[],
  current: string,
  clientFor: (data: string | undefined) => Client,
): Promise<Candidates> => {
  const place = placeOf(root, words, current)
  const kind = place.value && kindOf(place.value)
  const found = [
    ...place.commands.map(each => ({ value: each.name(), about: each.description() })),
    ...place.options.map(({ long, short, description }) => ({
      value: long ?? short ?? '',
      about: description,
    })),
    ...(place.value?.argChoices ?? []).map(value => ({ value, about: '' })),
    ...(kind && kind !== 'file'
      ? await named(() =>
          namesFrom[kind](clientFor(place.data), current.slice(place.before.length)),
        )
      : []),
  ]
  const seen = new Set<string>()
  const words_ = found
    .map(({ value, about }) => ({ value: place.before + value, about: safeText(about) }))
    .filter(({ value }) => value.startsWith(current) && !seen.has(value) && seen.add(value))
  return { files: kind === 'file', words: words_ }
}

/** Names that can stand on a command line for what they are. */
const named = async (ask: () => Promise<Candidate[]>): Promise<Candidate[]> => {
  const names = await inTime(ask).catch(() => [])
  // A VM called "--all" must not become an option, and one with a line break in its name no second line.
  return names.filter(({ value }) => value && !value.startsWith('-') && safeText(value) === value)
}

const inTime = async <T>(work: () => Promise<T[]>): Promise<T[]> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<T[]>(resolve => {
    timer = setTimeout(resolve, PATIENCE_MS, [])
  })
  return Promise.race([work(), late]).finally(() => clearTimeout(timer))
}
