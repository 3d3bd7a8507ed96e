/** One thing that a pattern asks for: any text, any character, or this one. */
type Token = { any: 'text' | 'character' } | { character: string }

/**
 * Whether a name as a whole fits a pattern: `*` any text, also none; `?` one character; `\*`, `\?`, `\\` those characters themselves. Capitals do not
 * matter. Time is bounded by the product of both lengths, whatever the pattern.
 */
export const fitsPattern = (pattern: string, name: string): boolean =>
  readyPattern(pattern)(charactersOf(name))

/** As `fitsPattern`, of a pattern that thousands of names are held against, and of names that are held against many. */
export const readyPattern = (pattern: string): ((name: readonly string[]) => boolean) => {
  const tokens = tokensOf(fold(pattern))
  return name => fitsTokens(tokens, name)
}

/** The characters of a name, as patterns look at them. */
export const charactersOf = (name: string): readonly string[] => [...fold(name)]

const fitsTokens = (tokens: readonly Token[], text: readonly string[]): boolean => {
  let at = 0
  let token = 0
  // Where the last `*` stands, and how far it reaches so far: the only place to go back to.
  let star = -1
  let reach = 0
  while (at < text.length) {
    const wanted = tokens[token]
    if (wanted && 'any' in wanted && wanted.any === 'text') {
      star = token++
      reach = at
    } else if (wanted && ('any' in wanted || wanted.character === text[at])) {
      token++
      at++
    } else if (star >= 0) {
      token = star + 1
      at = ++reach
    } else return false
  }
  return tokens.slice(token).every(left => 'any' in left && left.any === 'text')
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase()

const tokensOf = (pattern: string): Token[] => {
  const tokens: Token[] = []
  const characters = [...pattern]
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? ''
    const next = characters[index + 1]
    if (character === '*') tokens.push({ any: 'text' })
    else if (character === '?') tokens.push({ any: 'character' })
    else if (character === '\\' && next !== undefined) {
      tokens.push({ character: next })
      index++
    } else tokens.push({ character })
  }
  return tokens
}
