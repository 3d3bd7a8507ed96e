import { type RawText, rawOfText } from '../raw-text.ts'

/** Patterns as of .gitignore (gitignore(5)), on bytes: the last one that fits decides, `!` takes back, `/` at the end means folders alone. Beside these `\\xNN` is a byte. */
export interface Patterns {
  /** @param path relative, never empty */
  match(path: RawText, isFolder: boolean): boolean
  /** Whether something below this folder may match, though the folder does not. */
  mayMatchBelow(folder: RawText): boolean
}

interface Pattern {
  takesBack: boolean
  foldersOnly: boolean
  whole: RegExp
  /** for every number of names from the start, what a folder on the way looks like; without it anything is on the way */
  way: readonly RegExp[] | undefined
}

export const patternsOf = (lines: readonly string[]): Patterns => {
  const patterns = lines.map(patternOf)
  return {
    match: (path, isFolder) => {
      for (let at = patterns.length - 1; at >= 0; at--) {
        const { takesBack, foldersOnly, whole } = patterns[at] as Pattern
        if ((isFolder || !foldersOnly) && whole.test(path)) return !takesBack
      }
      return false
    },
    mayMatchBelow: folder => {
      const names = folder.split('/').length
      return patterns.some(({ takesBack, way }) => {
        if (takesBack) return false
        return way === undefined || (names <= way.length && way[names - 1]?.test(folder) === true)
      })
    },
  }
}

const patternOf = (line: string): Pattern => {
  const takesBack = line.startsWith('!')
  const bare = rawOfText(takesBack ? line.slice(1) : line)
  const foldersOnly = bare.endsWith('/')
  const trimmed = bare.replace(/^\//, '').replace(/\/+$/, '')
  // A slash at the start or in the middle ties the pattern to the root.
  const tied = bare.replace(/\/+$/, '').includes('/')
  const names = trimmed.split('/')
  const source = tied ? pathSource(names) : `(?:.*/)?${nameSource(trimmed)}`
  const open = names.indexOf('**')
  const leading = open < 0 ? names.slice(0, -1) : names.slice(0, open)
  const steps = leading.map((_, at) => new RegExp(`^${pathSource(names.slice(0, at + 1))}$`, 's'))
  const way = tied && open < 0 ? steps : undefined
  return { takesBack, foldersOnly, whole: new RegExp(`^${source}$`, 's'), way }
}

const pathSource = (names: readonly string[]): string =>
  names
    .map((name, at) => {
      const isLast = at === names.length - 1
      if (name === '**') return isLast ? '.+' : '(?:[^/]+/)*'
      return `${nameSource(name)}${isLast ? '' : '/'}`
    })
    .join('')

/** One name: `*`, `?`, `[a-z]`, `[!a-z]`, `\\xNN`, and a backslash before what is meant as it stands. */
const nameSource = (name: string): string =>
  name.replaceAll(
    /\\x([\da-f]{2})|\\(.)|\[(!?)([^\]]+)\]|[\s\S]/gi,
    (all, byte, escaped, not, set) => {
      if (byte !== undefined) return literal(String.fromCharCode(Number.parseInt(byte, 16)))
      if (escaped !== undefined) return literal(escaped)
      if (set !== undefined) return `[${not ? '^/' : ''}${set.replaceAll(/[\\[^]/g, '\\$&')}]`
      if (all === '*') return '[^/]*'
      return all === '?' ? '[^/]' : literal(all)
    },
  )

const literal = (character: string) => character.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
