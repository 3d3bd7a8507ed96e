import type { ShellLine } from './shell-line.ts'

/** What no shell of the POSIX kind gives a meaning, wherever in a word it stands. Letters and digits of every script are among it. */
const PLAIN = /^[\p{L}\p{N}\p{M}_.,/:=+@%-]$/u

/**
 * @returns what bash has to put at the cursor so that it reads `value` as one word and runs nothing; undefined where the quote that was begun cannot hold it
 */
export const bashWord = (value: string, { quote, settled }: ShellLine): string | undefined => {
  if (quote === 'single') return value.includes("'") ? undefined : value
  // Inside double quotes "!" calls up history, and a backslash before it would stay.
  if (quote === 'double')
    return value.includes('!') ? undefined : value.replace(/[$`"\\]/g, String.raw`\$&`)
  return Array.from(value.slice(settled.length), character =>
    PLAIN.test(character) ? character : `\\${character}`,
  ).join('')
}
