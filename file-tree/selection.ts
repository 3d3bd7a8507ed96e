import { patternsOf } from './capture/patterns.ts'
import type { Entry } from './entry.ts'
import { type RawText, rawOfReadable } from './raw-text.ts'

export interface SelectionRequest {
  /** files, or folders with all that is in them; as people write them and lists show them: `/etc/ssh`, `etc/ssh/`, `M\\xfcller` */
  paths?: readonly string[]
  /** As of .gitignore, like those that a backup leaves out. A folder that fits comes with all that is in it */
  patterns?: readonly string[]
}

/** Which entries of a tree are wanted. */
export interface Selection {
  /** everything */
  readonly isAll: boolean
  wants(entry: Pick<Entry, 'path' | 'type'>): boolean
  /** Paths that nothing of was met; complete when every entry was asked for. As they were given. */
  unmet(): string[]
}

export const selectionOf = ({ paths = [], patterns = [] }: SelectionRequest): Selection => {
  const wanted = paths.map(given => ({ given, path: normal(given), met: false }))
  const fitting = patternsOf(patterns)
  const isAll = paths.length === 0 && patterns.length === 0
  // A folder that fits takes along what follows in it.
  let within: RawText | undefined
  return {
    isAll,
    wants: ({ path, type }) => {
      if (isAll) return true
      if (within !== undefined && isBelow(path, within)) return true
      within = undefined
      let fits = false
      for (const each of wanted)
        if (path === each.path || isBelow(path, each.path)) {
          each.met = true
          fits = true
        }
      fits ||= path !== '' && fitting.match(path, type === 'dir')
      if (fits) within = path
      return fits
    },
    unmet: () => wanted.filter(({ met }) => !met).map(({ given }) => given),
  }
}

/** @param path as `readable` shows it, with slashes more or less. @returns as entries have it */
export const normal = (path: string): RawText =>
  rawOfReadable(path)
    .split('/')
    .filter(name => name !== '' && name !== '.')
    .join('/')

export const isBelow = (path: RawText, folder: RawText): boolean =>
  folder === '' || (path.startsWith(folder) && path.charAt(folder.length) === '/')

/**
 * @param groups entries in their order
 * @param leftOut gets the others
 * @returns those that are wanted, and the folders above them
 */
export async function* select(
  groups: AsyncIterable<Entry[]>,
  selection: Selection,
  leftOut: (entry: Entry) => void = () => undefined,
): AsyncGenerator<Entry[]> {
  if (selection.isAll) {
    yield* groups
    return
  }
  const above: Entry[] = []
  for await (const group of groups) {
    const chosen: Entry[] = []
    for (const entry of group) {
      while (above.length > 0 && !isBelow(entry.path, (above.at(-1) as Entry).path)) above.pop()
      if (selection.wants(entry)) chosen.push(...above.splice(0), entry)
      else if (entry.type === 'dir') above.push(entry)
      else leftOut(entry)
    }
    if (chosen.length > 0) yield chosen
  }
}
