/** How the word at the cursor was begun. */
export type Quote = 'none' | 'single' | 'double'

/** What stands before the cursor, as a shell of the POSIX kind reads it. */
export interface ShellLine {
  /** Those that are finished, without their quotes. */
  words: readonly string[]
  /** The one at the cursor, without its quotes; may be empty. */
  current: string
  quote: Quote
  /** Of `current`: what stands before the last unquoted character of `breaks`, it included, and before the last quote. Readline leaves it where it is. */
  settled: string
}

/**
 * Splits a line the way the shell splits it (POSIX, XCU 2.2), and expands nothing: a `$` or a backtick is a character like others.
 * @param breaks `COMP_WORDBREAKS`: where readline takes a new word to begin
 */
export const splitShellLine = (line: string, breaks = ''): ShellLine => {
  const words: string[] = []
  let word: string | undefined
  let settled = ''
  let quote: Quote = 'none'
  const add = (text: string) => {
    word = (word ?? '') + text
  }
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? ''
    const next = line[at + 1]
    if (character === (quote === 'single' ? "'" : '"') && quote !== 'none') {
      quote = 'none'
      settled = word ?? ''
    } else if (quote === 'single') add(character)
    else if (quote === 'double') {
      if (character === '\\' && next !== undefined && '$`"\\'.includes(next)) {
        add(next)
        at++
      } else add(character)
    } else if (character === '\\') {
      add(next ?? '')
      at++
    } else if (character === "'" || character === '"') {
      quote = character === "'" ? 'single' : 'double'
      add('')
      settled = word ?? ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
      settled = ''
    } else {
      add(character)
      if (breaks.includes(character)) settled = word ?? ''
    }
  }
  return { words, current: word ?? '', quote, settled }
}
